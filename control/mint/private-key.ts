import { createPrivateKey, type KeyObject, type webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ClientAuthentication } from '../config/configuration.ts';

type Algorithm = Extract<ClientAuthentication, { method: 'private_key_jwt' }>['algorithm'];

/** WebCrypto's names for the JWS algorithms of RFC 7518 section 3.1 and RFC 8037. */
const PARAMETERS: Readonly<
  Record<Algorithm, { readonly name: string; readonly hash?: string; readonly namedCurve?: string }>
> = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
};

/**
 * Reads a PKCS #8 PEM file into a key that can only sign.
 *
 * @throws Error naming the file, never what is in it
 */
export function readPrivateKey(file: string, algorithm: Algorithm): webcrypto.CryptoKey {
  const pem = readFileSync(file);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error(`${file} holds no private key in PKCS #8 PEM`);
  }
  try {
    return key.toCryptoKey(PARAMETERS[algorithm], false, ['sign']);
  } catch {
    throw new Error(`${file} holds a private key of type ${key.asymmetricKeyType}, which ${algorithm} cannot use`);
  }
}
