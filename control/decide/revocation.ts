import { BrokerError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { AnyTokenRequest } from './ports.ts';

/** What of a route's callers is no longer welcome. */
export interface Revocations {
  readonly clients: readonly { readonly client: string; readonly issuedBefore: number | undefined }[];
  readonly tokens: readonly {
    readonly subject: string | undefined;
    readonly issuer: string | undefined;
    readonly issuedBefore: number | undefined;
  }[];
}

type Claims = Readonly<Record<string, unknown>>;

const NOTHING: Revocations = { clients: [], tokens: [] };

/**
 * @param claims of a token that was verified, or not: then this only ever refuses
 * @throws BrokerError client_revoked or token_revoked
 */
export function refuseRevokedToken({ clients, tokens }: Revocations = NOTHING, claims: Claims): void {
  const ids = [claims.client_id, claims.azp];
  if (clients.some(({ client, issuedBefore }) => ids.includes(client) && wasIssuedBefore(claims, issuedBefore))) {
    throw new BrokerError('client_revoked');
  }
  const revoked = tokens.some(
    ({ subject, issuer, issuedBefore }) =>
      (subject === undefined || claims.sub === subject) &&
      (issuer === undefined || claims.iss === issuer) &&
      wasIssuedBefore(claims, issuedBefore),
  );
  if (revoked) throw new BrokerError('token_revoked');
}

/** A token whose claims nobody here has verified. @throws BrokerError client_revoked or token_revoked */
export function refuseRevokedSubject(revocations: Revocations = NOTHING, token: Secret): void {
  const claims = revocations === NOTHING ? undefined : readUnverifiedClaims(token);
  if (claims !== undefined) refuseRevokedToken(revocations, claims);
}

/** @throws BrokerError client_revoked or token_revoked */
export function refuseRevokedRequest(revocations: Revocations = NOTHING, request: AnyTokenRequest): void {
  if (request.grant !== 'client_credentials' && request.grant !== 'kubernetes') {
    refuseRevokedSubject(revocations, request.subjectToken);
    // RFC 8693 section 1.1: an actor acts as itself on the subject's behalf, so both have to be welcome.
    if (request.actorToken !== undefined) refuseRevokedSubject(revocations, request.actorToken);
    return;
  }
  if (revocations.clients.some(({ client }) => client === request.clientId)) throw new BrokerError('client_revoked');
}

/** RFC 7519 section 4.1.6. A token that does not say when it was issued may be an old one. */
function wasIssuedBefore({ iat }: Claims, time: number | undefined): boolean {
  return time === undefined || typeof iat !== 'number' || iat * 1000 < time;
}

/** The claims of what looks like a JWT; nothing is verified. @returns undefined where there are none to read */
export function readUnverifiedClaims(token: Secret): Claims | undefined {
  const [, payload, , further] = token.reveal().split('.');
  if (payload === undefined || further !== undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? (claims as Claims) : undefined;
  } catch {
    return undefined;
  }
}
