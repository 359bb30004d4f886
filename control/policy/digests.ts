import { createHash, createHmac } from 'node:crypto';
import type { Configuration, IssuerConfiguration } from '../config/configuration.ts';
import type { Secret } from '../secret.ts';
import type { Keys } from './keys.ts';

/** Reads a whole file. */
export type ReadFile = (path: string) => Buffer;

/** What a digest covers: fields in a fixed order, so that the same configuration gives the same digest everywhere. */
export type Material = string | number | null | readonly Material[];

/** Hex SHA-256. JSON keeps every field apart from its neighbours. */
export function digestOf(material: Material): string {
  return createHash('sha256').update(JSON.stringify(material), 'utf8').digest('hex');
}

/** How a secret enters a digest: keyed, so that a digest that is seen does not let anyone try out secrets. */
function keyedDigest(keys: Keys, content: Buffer | string): string {
  return createHmac('sha256', keys.digest).update(content).digest('hex');
}

/** Results of {@link keyedDigest} that thousands of entries ask for, for as long as one object of keys lives. */
const remembered = new WeakMap<Keys, Map<string, string>>();

/** A digest of all of an issuer's configuration that tokens depend on, and of the files that it names. */
export function issuerDigest(issuer: IssuerConfiguration, keys: Keys, readFile: ReadFile): string {
  const file = (path: string | undefined) => (path === undefined ? null : keyedDigest(keys, readFile(path)));
  const parameters = [...issuer.extraParameters].map(([name, value]) => [name, keyedDigest(keys, value)]);
  return digestOf([
    issuer.tokenEndpoint.href,
    file(issuer.caFile),
    clientAuthenticationMaterial(issuer.clientAuthentication, file),
    parameters,
  ]);
}

function clientAuthenticationMaterial(
  authentication: IssuerConfiguration['clientAuthentication'],
  file: (path: string) => string | null,
): Material {
  switch (authentication.method) {
    case 'private_key_jwt':
      return [
        authentication.method,
        file(authentication.privateKeyFile),
        authentication.keyId ?? null,
        authentication.algorithm,
        authentication.audience ?? null,
      ];
    case 'jwt_assertion_file':
      // Not what is in it: that changes whenever it is kept fresh.
      return [authentication.method, authentication.assertionFile];
    case 'tls_client_auth':
      return [authentication.method, file(authentication.certificateFile), file(authentication.keyFile)];
    default:
      return [authentication.method];
  }
}

/** What decides how long any answer may be kept. */
export function cacheMaterial({ cache }: Configuration): Material {
  return [cache.maximumEntries === 0 ? 0 : 1, cache.safetyMargin];
}

/** A value of the operator's, which may be secret. */
export function staticMaterial(keys: Keys, value: Secret): Material {
  const text = value.reveal();
  const known = remembered.get(keys) ?? new Map<string, string>();
  remembered.set(keys, known);
  const digest = known.get(text) ?? keyedDigest(keys, text);
  known.set(text, digest);
  return ['static', digest];
}
