import { createSigningKey, keySetOf, signToken } from '../../tools/tokens/signing-key.ts';

export type Headers = Readonly<Record<string, string>>;

/** What a request is like decides its policy entry, by its host. */
export const HOSTS = {
  credentials: 'credentials.bench.example',
  shared: 'shared.bench.example',
  jwt: 'jwt.bench.example',
  exchange: 'exchange.bench.example',
} as const;

/** `iss` and `aud` of callers' tokens. */
export const CALLERS = { issuer: 'https://callers.bench.example', audience: 'orders' } as const;

const TOKEN_BYTES = 1536;
const LIFETIME_SECONDS = 4 * 3600;
const key = createSigningKey('ES256');

/** The keys of callers' tokens, as a document (RFC 7517 section 5). */
export const callersKeySet: string = keySetOf(key);

/** A caller that shows a client's id and secret. */
export function credentialsOf(client: string, secret = 'my-very-long-client-secret-0123456789'): Headers {
  return { 'x-client-id': client, 'x-client-secret': secret, 'x-scope': 'openid email' };
}

/** A caller with a JWT of 1.5 KiB. */
export function jwtOf(subject: string): Headers {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ iss: CALLERS.issuer, aud: CALLERS.audience, sub: subject, iat: now, exp: now + LIFETIME_SECONDS },
    padding: '',
  };
  const missing = TOKEN_BYTES - signToken(key, claims).length;
  claims.padding = 'p'.repeat(Math.ceil((missing * 3) / 4));
  return { authorization: `Bearer ${signToken(key, claims)}` };
}
