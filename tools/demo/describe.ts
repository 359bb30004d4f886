import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { ReceivedRequest } from '../launch/echo-backend.ts';

const SHOWN_CLAIMS = ['iss', 'sub', 'client_id', 'aud', 'scope'];

/** One line for each header. */
export function describeHeaders(headers: Record<string, string>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}

/** What the backend received, with the token as its claims instead of itself. */
export function describeReceived({ method, path, headers }: ReceivedRequest): string[] {
  const token = tokenOf(headers.authorization);
  if (token === undefined) return [`${method} ${path}`, 'no token'];
  const claims = decodeJwt(token);
  const shown = SHOWN_CLAIMS.filter((name) => claims[name] !== undefined).map((name) => `  ${name}: ${claims[name]}`);
  const lifetime = (claims.exp ?? 0) - Math.floor(Date.now() / 1000);
  return [
    `${method} ${path}`,
    `authorization: Bearer <a JWT of ${token.length} bytes, ${decodeProtectedHeader(token).alg}>`,
    ...shown,
    `  exp: in ${lifetime} s`,
  ];
}

/** The bearer token of an `authorization` header. */
export function tokenOf(authorization: string | string[] | undefined): string | undefined {
  return typeof authorization === 'string' && authorization.startsWith('Bearer ') ? authorization.slice(7) : undefined;
}
