import type { Revocation } from '../config/revocation.ts';
import { type RefusalFormat, refusalBody } from '../decide/refusal-format.ts';
import type { Revocations } from '../decide/revocation.ts';
import type { DecideRoute, DenyRoute, Route } from '../decide/route.ts';
import { BrokerError } from '../errors.ts';
import { digestOf } from './digests.ts';

/** A revocation, and whose routes it touches. */
export interface ScopedRevocation {
  readonly revocation: Revocation;
  /** Whether it touches a route of this id; one that revokes routes touches those that it names. */
  readonly touches: (routeId: string) => boolean;
}

/**
 * Applies what was revoked to the routes that it touches: their digests change, so that nothing which was decided under the
 * old ones is given out again.
 */
export function applyRevocations(
  routes: readonly Route[],
  revocations: readonly ScopedRevocation[],
  format: RefusalFormat,
): readonly Route[] {
  if (revocations.length === 0) return routes;
  return routes.map((route) => {
    const touching = revocations.filter(({ touches }) => touches(route.id)).map(({ revocation }) => revocation);
    return touching.length === 0 ? route : revokeIn(route, touching, format);
  });
}

/** When the first of them ends; undefined when none does. Wall clock, ms. */
export function firstEnd(revocations: readonly ScopedRevocation[]): number | undefined {
  const ends = revocations.flatMap(({ revocation }) => revocation.until ?? []);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function revokeIn(route: Route, revocations: readonly Revocation[], format: RefusalFormat): Route {
  const isRevoked = revocations.some(
    (each) => each.kind === 'route' || (each.kind === 'client' && isOnlyClient(route, each.client)),
  );
  if (isRevoked) return revokedRoute(route, format);
  if (route.kind !== 'decide') return route;
  const applicable = { clients: clientsIn(route, revocations), tokens: tokensIn(route, revocations) };
  if (applicable.clients.length === 0 && applicable.tokens.length === 0) return route;
  return { ...route, revocations: applicable, digest: digestOf([route.digest, JSON.stringify(applicable)]) };
}

/** Tokens are obtained as this client, whoever asks. */
function isOnlyClient(route: Route, client: string): boolean {
  if (route.kind !== 'decide' || route.action === undefined) return false;
  const { action } = route;
  if (action.kind === 'kubernetes') return false;
  if (action.kind === 'exchange') return action.clientId === client;
  return action.clientId.from === 'static' && action.clientId.value.reveal() === client;
}

function clientsIn(route: DecideRoute, revocations: readonly Revocation[]): Revocations['clients'] {
  const asksForClient = route.action?.kind === 'clientCredentials' && route.action.clientId.from === 'input';
  if (!asksForClient && !readsTokens(route)) return [];
  return revocations.flatMap((each) =>
    each.kind === 'client' ? [{ client: each.client, issuedBefore: each.issuedBefore }] : [],
  );
}

function tokensIn(route: DecideRoute, revocations: readonly Revocation[]): Revocations['tokens'] {
  if (!readsTokens(route)) return [];
  return revocations.flatMap((each) => {
    if (each.kind !== 'token') return [];
    const { subject, issuer, issuedBefore } = each;
    return [{ subject, issuer, issuedBefore }];
  });
}

function readsTokens({ authentication, action }: DecideRoute): boolean {
  return (
    (authentication !== undefined && authentication.providers.length > 0) ||
    action?.kind === 'exchange' ||
    action?.kind === 'kubernetes'
  );
}

function revokedRoute({ id, match, digest }: Route, format: RefusalFormat): DenyRoute {
  const refusal = new BrokerError('route_revoked');
  const { code, status } = refusal;
  const body = refusalBody(refusal, format);
  const changed = digestOf([digest, 'revoked', status, body]);
  return { kind: 'deny', id, match, digest: changed, code, status, body, strip: [], stripCookies: [] };
}
