import { BrokerError } from '../errors.ts';

/** Bytes of a token response that are read at most, after decoding: DexTokenBroker's limit. */
export const MAXIMUM_ANSWER = 64 * 1024;

/** What an issuer answered, read to its end. */
export interface Answer {
  /** Wall clock, ms: when the request was sent. */
  readonly sentAt: number;
  readonly status: number;
  readonly body: Uint8Array;
  /** How long the issuer asks to be left alone, ms. */
  readonly retryAfter: number | undefined;
}

/**
 * Reads a response to its end.
 *
 * @param sentAt wall clock, ms
 * @param now wall clock, ms
 * @throws BrokerError token_response_too_large; and whatever the connection fails with
 */
export async function readAnswer(response: Response, sentAt: number, now: number): Promise<Answer> {
  return {
    sentAt,
    status: response.status,
    retryAfter: parseRetryAfter(response.headers.get('retry-after'), now),
    body: await readBody(response),
  };
}

/** Counts decoded bytes, so that a small compressed body cannot become a large one. */
async function readBody(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    // Leaving the loop cancels the body, and with it the connection.
    if (size > MAXIMUM_ANSWER) {
      throw new BrokerError('token_response_too_large', {
        issuer: { status: response.status, ...(response.status === 200 ? { fault: 'malformed' as const } : {}) },
        cause: new Error(`the issuer answered ${response.status} with more than ${MAXIMUM_ANSWER} bytes`),
      });
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** RFC 9110 section 10.2.3: seconds or a date. Undefined when absent, malformed or in the past. */
function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const wait = /^\d{1,10}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return wait > 0 ? wait : undefined;
}
