import { type Decision, EXEMPT, PASS } from '../decide/decision.ts';
import { refuse } from '../decide/refuse.ts';
import { inputId, type KeyInputs, type Route } from '../decide/route.ts';
import { BrokerError } from '../errors.ts';
import type { Policy, Service } from './service.ts';

/** A client's request as Envoy's `ext_authz` shows it, whichever way it came; bytes as latin1 text. */
export interface CheckedRequest {
  readonly host: string;
  readonly path: string;
  readonly method: string;
  /** @param name in lower case */
  readonly hasHeader: (name: string) => boolean;
  readonly readInputs: (route: Route) => KeyInputs;
}

export interface Checked {
  readonly decision: Decision;
  /** Undefined when no route matches. */
  readonly route: Route | undefined;
}

const NO_POLICY: Decision = refuse(new BrokerError('policy_unknown'), { remember: false, format: 'plain' });

/** Finds the request's route and decides: the one thing behind every way of `ext_authz`. */
export async function checkRequest(service: Service, request: CheckedRequest): Promise<Checked> {
  const { host, path, method, readInputs } = request;
  const policy = service.policy();
  if (policy === undefined) return { decision: NO_POLICY, route: undefined };
  const route = policy.findRoute(host, path, method);
  if (route === undefined) return { decision: unmatched(policy), route };
  const inputs = readInputs(route);
  const exempt = isExempt(request, route, inputs);
  return { decision: exempt ? EXEMPT : await policy.decide(route, inputs), route };
}

function unmatched({ table: { unmatched: outcome, format } }: Policy): Decision {
  return outcome === 'pass' ? PASS : refuse(new BrokerError('policy_denied'), { remember: false, format });
}

/** An OPTIONS request that shows no credentials, and that its route lets through (docs/contract.md). */
function isExempt({ method, hasHeader }: CheckedRequest, route: Route, inputs: KeyInputs): boolean {
  if (method !== 'OPTIONS' || route.kind !== 'decide' || route.options === 'decide') return false;
  const shown = route.inputs.filter(({ source }) => source === 'header' || source === 'cookie');
  if (shown.some((input) => (inputs.get(inputId(input)) ?? []).length > 0)) return false;
  return route.options === 'pass' || (hasHeader('origin') && hasHeader('access-control-request-method'));
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
