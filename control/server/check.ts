import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import type { Allow, Deny } from '../decide/decision.ts';
import type { Route } from '../decide/route.ts';
import { CHECK_PATH } from './check-url.ts';
import { type Checked, checkRequest, headersToRemove } from './checked-request.ts';
import { endOfTurn } from './end-of-turn.ts';
import { keepCookies, readCheckInputs } from './key-inputs.ts';
import { asBytes, COMMON_HEADERS, sendText } from './plain-text.ts';
import { headerText, headerValues } from './raw-headers.ts';
import type { Service } from './service.ts';
import { traceContextOf } from './trace-context.ts';

/** What Envoy's ext_authz takes away from the request before it goes on; see its `headers_to_remove`. */
const REMOVE_HEADER = 'x-envoy-auth-headers-to-remove';

/** `/check`, for Envoy's `ext_authz` over HTTP: method, host and the path after `/check` are the request's own. */
export function checkEndpoint(service: Service): FastifyPluginCallback {
  return (app, _options, done) => {
    app.all('/healthz', (_request, reply) => sendText(reply, 200, 'ok'));
    app.all(CHECK_PATH, async (request, reply) => {
      const caller = traceContextOf(request.raw);
      const { decision, route } = await service.trace('check', caller, async () => {
        const observe = service.observer.begin('check');
        const checked = await check(service, request);
        observe(checked.decision, { route: checked.route?.id ?? '', requestId: request.id, caller });
        return checked;
      });
      const body =
        decision.outcome === 'allow' ? prepareAllow(reply, decision, request, route) : prepareDeny(reply, decision);
      await endOfTurn();
      return reply.send(body);
    });
    done();
  };
}

function check(service: Service, request: FastifyRequest): Promise<Checked> {
  const path = request.originalUrl.slice(CHECK_PATH.length);
  return checkRequest(service, {
    host: request.headers.host ?? '',
    path: path.startsWith('/') ? path : `/${path}`,
    method: request.method,
    hasHeader: (name) => headerValues(request.raw, name).length > 0,
    readInputs: (route) => readCheckInputs(request.raw, route),
  });
}

/** @returns no body */
function prepareAllow(
  reply: FastifyReply,
  { inject }: Allow,
  request: FastifyRequest,
  route: Route | undefined,
): undefined {
  reply.code(200).headers(COMMON_HEADERS);
  const cookies = keepCookies(headerValues(request.raw, 'cookie'), route?.stripCookies ?? []);
  if (cookies !== undefined && cookies !== '') {
    reply.header('cookie', cookies);
  }
  for (const [name, value] of inject) {
    reply.header(name, headerText(value.reveal()));
  }
  const remove = headersToRemove(route, inject, cookies);
  if (remove.length > 0) {
    reply.header(REMOVE_HEADER, remove.join(','));
  }
}

/** @returns the body */
function prepareDeny(reply: FastifyReply, { status, body, bodyType, headers }: Deny): Buffer {
  reply
    .code(status)
    .headers({ ...COMMON_HEADERS, ...Object.fromEntries(headers) })
    .type(bodyType);
  return asBytes(body);
}
