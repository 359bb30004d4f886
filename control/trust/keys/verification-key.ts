import { createPublicKey, type KeyObject } from 'node:crypto';
import type { SignatureAlgorithm } from '../../config/provider.ts';

/** RFC 7518 section 3.3; the upper bound keeps a hostile set from making each check take seconds. */
const RSA_BITS = { minimum: 2048, maximum: 16_384 };

/** RFC 7518 section 6.2.1.2: bytes of a coordinate; and the one algorithm that fits the curve (section 3.4). */
const CURVES: Readonly<Record<string, { readonly bytes: number; readonly algorithm: SignatureAlgorithm }>> = {
  'P-256': { bytes: 32, algorithm: 'ES256' },
  'P-384': { bytes: 48, algorithm: 'ES384' },
  'P-521': { bytes: 66, algorithm: 'ES512' },
};

const RSA_ALGORITHMS: readonly SignatureAlgorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];

/** A key of a set, and what it may verify. */
export interface VerificationKey {
  readonly kid: string;
  readonly key: KeyObject;
  /** All that fit its type, curve and `alg`. */
  readonly algorithms: readonly SignatureAlgorithm[];
}

/**
 * Reads a JSON Web Key (RFC 7517 section 4). Only what is public is read: a set that holds private or symmetric keys has
 * published a secret, and a key that is meant for something else verifies nothing.
 *
 * @throws Error saying why it cannot be used
 */
export function readVerificationKey(jwk: Readonly<Record<string, unknown>>): VerificationKey {
  const { kid, use, key_ops: operations, alg } = jwk;
  if (kid !== undefined && typeof kid !== 'string') throw new Error('kid is not a string');
  if (use !== undefined && use !== '' && use !== 'sig') throw new Error('use is not sig');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    throw new Error('key_ops does not hold verify');
  }
  if ('d' in jwk || 'k' in jwk) throw new Error('it is a private or symmetric key');
  const { key, fitting } = readKey(jwk);
  const algorithms = alg === undefined || alg === '' ? fitting : fitting.filter((algorithm) => matches(algorithm, alg));
  if (algorithms.length === 0) throw new Error('alg does not fit its type');
  return { kid: kid ?? '', key, algorithms };
}

/** RFC 9864 gives EdDSA with this curve a name of its own. */
function matches(algorithm: SignatureAlgorithm, alg: unknown): boolean {
  return algorithm === alg || (algorithm === 'EdDSA' && alg === 'Ed25519');
}

function readKey(jwk: Readonly<Record<string, unknown>>): {
  key: KeyObject;
  fitting: readonly SignatureAlgorithm[];
} {
  switch (jwk.kty) {
    case 'RSA':
      return { key: readRsaKey(jwk), fitting: RSA_ALGORITHMS };
    case 'EC': {
      const curve = typeof jwk.crv === 'string' && Object.hasOwn(CURVES, jwk.crv) ? CURVES[jwk.crv] : undefined;
      if (curve === undefined) throw new Error('crv is not P-256, P-384 or P-521');
      requireBytes(jwk, ['x', 'y'], curve.bytes);
      return { key: importKey(jwk, ['kty', 'crv', 'x', 'y']), fitting: [curve.algorithm] };
    }
    case 'OKP':
      if (jwk.crv !== 'Ed25519') throw new Error('crv is not Ed25519');
      requireBytes(jwk, ['x'], 32);
      return { key: importKey(jwk, ['kty', 'crv', 'x']), fitting: ['EdDSA'] };
    default:
      throw new Error('kty is not RSA, EC or OKP');
  }
}

function readRsaKey(jwk: Readonly<Record<string, unknown>>): KeyObject {
  const key = importKey(jwk, ['kty', 'n', 'e']);
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < RSA_BITS.minimum) throw new Error(`it has ${modulusLength} bits, fewer than 2048`);
  if (modulusLength > RSA_BITS.maximum) throw new Error(`it has ${modulusLength} bits, more than 16384`);
  // With an exponent of 1 every number is its own signature.
  if (publicExponent < 3n || publicExponent % 2n === 0n) throw new Error('its exponent is not an odd number above 1');
  return key;
}

function importKey(jwk: Readonly<Record<string, unknown>>, members: readonly string[]): KeyObject {
  try {
    return createPublicKey({ key: Object.fromEntries(members.map((name) => [name, jwk[name]])), format: 'jwk' });
  } catch {
    throw new Error('its numbers are no key');
  }
}

function requireBytes(jwk: Readonly<Record<string, unknown>>, names: readonly string[], bytes: number): void {
  for (const name of names) {
    const value = jwk[name];
    if (typeof value !== 'string' || Buffer.from(value, 'base64url').length !== bytes) {
      throw new Error(`${name} does not have ${bytes} bytes`);
    }
  }
}
