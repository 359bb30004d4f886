/** An answer of which no more was read. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/**
 * Reads a body to its end. Decoded bytes count, so that a small compressed body cannot become a large one.
 *
 * @throws TooLargeError; and whatever the connection fails with
 */
export async function readBody(response: Response, maximumBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    // Leaving the loop cancels the body, and with it the connection.
    if (size > maximumBytes) throw new TooLargeError(`the answer has more than ${maximumBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
