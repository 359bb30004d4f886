import { constants, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';

/** A key pair that signs JWTs, written without the library that checks them. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly privateKey: KeyObject;
  /** As its provider publishes it. */
  readonly jwk: JsonWebKey & Record<string, unknown>;
}

export interface SigningKeyOptions {
  readonly kid?: string;
  /** Of an RSA key. */
  readonly bits?: number;
  /** Merged into the published key; undefined removes a member. */
  readonly jwk?: Record<string, unknown>;
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

/** Makes a key for an algorithm of RFC 7518 section 3.1 or RFC 8037. */
export function createSigningKey(algorithm = 'ES256', options: SigningKeyOptions = {}): SigningKey {
  const { publicKey, privateKey } = generate(algorithm, options.bits ?? 2048);
  const { kid = `${algorithm}-key` } = options;
  const published = { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig', ...options.jwk };
  const jwk = Object.fromEntries(Object.entries(published).filter(([, value]) => value !== undefined));
  return { kid, algorithm, privateKey, jwk };
}

function generate(algorithm: string, modulusLength: number) {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519');
  const namedCurve = CURVES[algorithm];
  return namedCurve === undefined
    ? generateKeyPairSync('rsa', { modulusLength })
    : generateKeyPairSync('ec', { namedCurve });
}

/** The document that publishes these keys (RFC 7517 section 5). */
export function keySetOf(...keys: readonly SigningKey[]): string {
  return JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
}

/** Signs claims. @param header merged into the token's header; undefined removes a member */
export function signToken(key: SigningKey, claims: object, header: Record<string, unknown> = {}): string {
  const full: { alg?: string } = { alg: key.algorithm, ...{ kid: key.kid, typ: 'JWT' }, ...header };
  return signParts(key, encodePart(full), encodePart(claims), full.alg ?? key.algorithm);
}

/** Signs whatever stands in the two parts. */
export function signParts(key: SigningKey, header: string, payload: string, algorithm = key.algorithm): string {
  const input = `${header}.${payload}`;
  return `${input}.${signatureOf(key.privateKey, algorithm, Buffer.from(input)).toString('base64url')}`;
}

export function encodePart(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

function signatureOf(key: KeyObject, algorithm: string, input: Buffer): Buffer {
  // A header may name what is no algorithm; then any digest will do.
  const hash = `sha${/\d{3}$/.exec(algorithm)?.[0] ?? 256}`;
  if (key.asymmetricKeyType === 'ed25519') return sign(null, input, key);
  if (key.asymmetricKeyType === 'ec') return sign(hash, input, { key, dsaEncoding: 'ieee-p1363' });
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
  return algorithm.startsWith('PS') ? sign(hash, input, { key, padding, saltLength }) : sign(hash, input, key);
}
