/**
 * Bytes without the spaces and tabs around them (OWS, RFC 9110 section 5.6.3); the rest of what Unicode calls white space may
 * be part of a value. Not a regular expression: `[ \t]+$` tries each run of blanks from each of its places, which takes half a
 * second for a token of 16 KiB with blanks inside.
 */
export function trimBlanks(bytes: Buffer): Buffer {
  return bytes.subarray(...boundsOf(bytes.length, (index) => bytes[index]));
}

/** The same of a text. */
export function trimBlanksOfText(text: string): string {
  return text.slice(...boundsOf(text.length, (index) => text.charCodeAt(index)));
}

function boundsOf(length: number, codeAt: (index: number) => number | undefined): [start: number, end: number] {
  let start = 0;
  let end = length;
  while (start < end && isBlank(codeAt(start))) {
    start += 1;
  }
  while (end > start && isBlank(codeAt(end - 1))) {
    end -= 1;
  }
  return [start, end];
}

function isBlank(code: number | undefined): boolean {
  return code === 0x20 || code === 0x09;
}
