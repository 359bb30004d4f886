import { compactVerify, errors } from 'jose';
import type { SignatureAlgorithm } from '../config/provider.ts';
import type { VerificationKey } from './keys/verification-key.ts';
import type { ParsedToken } from './parse-token.ts';
import { shown, TokenRefused } from './refusal.ts';

/**
 * RFC 7515 section 5.2. The key says which algorithms it serves: a token that could choose would choose a weaker one.
 *
 * @throws TokenRefused: jwt_key_mismatch, jwt_bad_signature
 */
export async function verifySignature(
  token: ParsedToken,
  algorithm: SignatureAlgorithm,
  { key, algorithms }: VerificationKey,
): Promise<void> {
  if (!algorithms.includes(algorithm)) {
    const detail = `alg is ${algorithm}, and the key ${shown(token.kid)} is for ${algorithms.join(', ')}`;
    throw new TokenRefused('jwt_key_mismatch', detail);
  }
  try {
    await compactVerify(token.text, key, { algorithms: [algorithm] });
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new TokenRefused('jwt_bad_signature', `it was not signed with the key ${shown(token.kid)}`);
  }
}
