/**
 * Bytes without the spaces and tabs around them (OWS, RFC 9110 section 5.6.3); the rest of what Unicode calls white space may
 * be part of a value. Not a regular expression: `[ \t]+$` tries each run of blanks from each of its places, which takes half a
 * second for a token of 16 KiB with blanks inside.
 */
export function trimBlanks(bytes: Buffer): Buffer {
  let start = 0;
  let end = bytes.length;
  while (start < end && isBlank(bytes[start])) {
    start += 1;
  }
  while (end > start && isBlank(bytes[end - 1])) {
    end -= 1;
  }
  return bytes.subarray(start, end);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09;
}
