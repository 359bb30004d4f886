import { status as Code, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { refuse } from '../../decide/refuse.ts';
import { BrokerError } from '../../errors.ts';
import { type Checked, checkRequest } from '../checked-request.ts';
import { requestIdOf } from '../request-id.ts';
import type { Service } from '../service.ts';
import { readTraceContext } from '../trace-context.ts';
import { checkResponse } from './check-response.ts';
import type { CheckRequest, CheckResponse } from './messages.ts';
import { type ReadRequest, readCheckRequest } from './read-request.ts';

/** `envoy.service.auth.v3.Authorization`: what `/check` decides, for Envoy's `ext_authz` over gRPC. */
export function authorizationEndpoint(service: Service) {
  const underWay = new Set<Promise<void>>();
  return {
    /** Calls without an answer. */
    underWay: underWay as ReadonlySet<Promise<void>>,
    Check: ({ request }: ServerUnaryCall<CheckRequest, CheckResponse>, answer: sendUnaryData<CheckResponse>) => {
      const call = check(service, request).then(
        (response) => answer(null, response),
        () => answer({ code: Code.INTERNAL, details: 'internal error' }),
      );
      underWay.add(call);
      return call.finally(() => underWay.delete(call));
    },
  };
}

async function check(service: Service, message: CheckRequest): Promise<CheckResponse> {
  const request = readCheckRequest(message);
  const caller = readTraceContext((name) => request?.header(name) ?? []);
  const checked = await service.trace('grpc', caller, async () => {
    const observe = service.observer.begin('grpc');
    const { decision, route } = await decide(service, request);
    const requestId = requestIdOf(request?.header('x-request-id')[0]?.toString('latin1'));
    observe(decision, { route: route?.id ?? '', requestId, caller });
    return { decision, route };
  });
  return checkResponse(checked, request?.header('cookie') ?? []);
}

/** It never rejects: whatever goes wrong ends in a refusal that says nothing about it. */
async function decide(service: Service, request: ReadRequest | undefined): Promise<Checked> {
  try {
    if (request === undefined) throw new BrokerError('invalid_input', { message: 'not an HTTP request' });
    return await checkRequest(service, request);
  } catch (error) {
    return {
      decision: refuse(error, { remember: false, format: service.policy()?.table.format ?? 'plain' }),
      route: undefined,
    };
  }
}
