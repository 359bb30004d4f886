import { type Decision, PASS } from '../decide/decision.ts';
import { refuse } from '../decide/refuse.ts';
import type { KeyInputs, Route } from '../decide/route.ts';
import { BrokerError } from '../errors.ts';
import type { Service } from './service.ts';

/** A client's request as Envoy's `ext_authz` shows it, whichever way it came; bytes as latin1 text. */
export interface CheckedRequest {
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly readInputs: (route: Route) => KeyInputs;
}

export interface Checked {
  readonly decision: Decision;
  /** Undefined when no route matches. */
  readonly route: Route | undefined;
}

const UNMATCHED: Decision = refuse(new BrokerError('policy_denied'), { remember: false });
const NO_POLICY: Decision = refuse(new BrokerError('policy_unknown'), { remember: false });

/** Finds the request's route and decides: the one thing behind every way of `ext_authz`. */
export async function checkRequest(
  service: Service,
  { host, path, method, readInputs }: CheckedRequest,
): Promise<Checked> {
  const policy = service.policy();
  if (policy === undefined) return { decision: NO_POLICY, route: undefined };
  const route = policy.findRoute(host, path, method);
  if (route === undefined) return { decision: policy.table.unmatched === 'pass' ? PASS : UNMATCHED, route };
  return { decision: await policy.decide(route, readInputs(route)), route };
}

/**
 * What Envoy takes away from a request that goes on. Envoy removes after it sets, so what is set is not among it.
 *
 * @param cookies what `keepCookies` left of the request's
 */
export function headersToRemove(
  route: Route | undefined,
  inject: ReadonlyMap<string, unknown>,
  cookies: string | undefined,
): string[] {
  return [...(route?.strip ?? []), ...(cookies === '' ? ['cookie'] : [])].filter((name) => !inject.has(name));
}
