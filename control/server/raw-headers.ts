import type { IncomingMessage } from 'node:http';
import type { KeyInputs, Route } from '../decide/route.ts';

/**
 * Takes a route's key inputs from a request's headers as they came: Node's `headers` joins or drops what comes twice.
 *
 * @param prefix what the names of the headers carry in front of those of the inputs; lower case
 */
export function readKeyInputs(request: IncomingMessage, route: Route, prefix = ''): KeyInputs {
  const inputs = new Map<string, Buffer[]>();
  if (route.kind === 'decide') {
    for (const { header } of route.inputs) {
      inputs.set(header, headerValues(request, prefix + header));
    }
  }
  return inputs;
}

/** @param name lower case */
function headerValues({ rawHeaders }: IncomingMessage, name: string): Buffer[] {
  const values: Buffer[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) {
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
