import type { IncomingMessage } from 'node:http';
/** @param name lower case */
export function headerValues({ rawHeaders }: IncomingMessage, name: string): Buffer[] {
  const values: Buffer[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index];
    // Most are told apart by their length, which costs less than to change their case.
    if (raw?.length === name.length && raw.toLowerCase() === name) {
      // Node gives the bytes of a value as latin1 text, whatever they stand for.
      values.push(Buffer.from(rawHeaders[index + 1] ?? '', 'latin1'));
    }
  }
  return values;
}

/** The only value of a header as latin1 text; undefined when it is absent or came more than once. */
export function singleHeader(request: IncomingMessage, name: string): string | undefined {
  const values = headerValues(request, name);
  return values.length === 1 ? values[0]?.toString('latin1') : undefined;
}

/** A value for a header that is sent: the UTF-8 bytes of the text, in the latin1 that Node wants them in. */
export function headerText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
