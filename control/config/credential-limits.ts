import type { Secret } from '../secret.ts';

/** The limits of DexTokenBroker 0.9.1, in bytes of UTF-8. */
export const MAXIMUM_BYTES = { clientId: 256, clientSecret: 4096, scope: 1024 } as const;

/**
 * Why a value of the operator's cannot be part of the credentials.
 *
 * @returns undefined when it can
 */
export function staticValueProblem(part: keyof typeof MAXIMUM_BYTES, value: Secret): string | undefined {
  const text = value.reveal();
  if (text === '') {
    return 'is empty; give it a value';
  }
  if (Buffer.byteLength(text) > MAXIMUM_BYTES[part]) {
    return `is longer than ${MAXIMUM_BYTES[part]} bytes; shorten it`;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  return /[\x00-\x1f\x7f]/.test(text) ? 'holds a control character, a line feed perhaps; remove it' : undefined;
}
