import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import type { Decision } from '../decide/decision.ts';
import type { Freshness } from '../decide/freshness.ts';
import type { Route } from '../decide/route.ts';
import type { TraceContext } from '../decide/tracing.ts';
import { readFilterInputs } from './key-inputs.ts';
import { asBytes, COMMON_HEADERS, sendText } from './plain-text.ts';
import { headerText, singleHeader } from './raw-headers.ts';
import type { Policy, Service } from './service.ts';
import { traceContextOf } from './trace-context.ts';

/** The media type of an encoded route table. */
const ROUTES_MEDIA_TYPE = 'application/vnd.envoy-token-broker.routes';
/** Long enough for any id and digest of the route table. */
const ROUTE_REFERENCE = /^([A-Za-z0-9._-]{1,128})@([0-9a-f]{64})$/;
const DIGEST = /^[0-9a-f]{64}$/;
const NO_POLICY = 'policy unavailable';

/** `/v1/*`, for the filter; docs/contract.md says what travels here. */
export function filterEndpoint(service: Service): FastifyPluginCallback {
  return (app, _options, done) => {
    app.get('/v1/routes', (request, reply) => {
      const policy = service.policy();
      return policy === undefined ? sendText(reply, 503, NO_POLICY) : sendTable(request, reply, policy);
    });
    app.post('/v1/decide', async (request, reply) => {
      const asked = singleHeader(request.raw, 'x-broker-route') ?? '';
      if (!ROUTE_REFERENCE.test(asked)) {
        return sendText(reply, 400, 'x-broker-route is missing or malformed');
      }
      const policy = service.policy();
      if (policy === undefined) return sendText(reply, 503, NO_POLICY);
      reply.headers({ 'x-broker-route': asked, 'x-broker-revision': policy.table.revision });
      const route = policy.routesByReference.get(asked);
      if (route === undefined) return sendUnknownRoute(reply);
      const caller = traceContextOf(request.raw);
      const decision = await service.trace('filter', caller, () => answer(policy, request, route, caller));
      // Another policy may have come into force meanwhile: the filter learns of it at once.
      reply.header('x-broker-revision', (service.policy() ?? policy).table.revision);
      return sendDecision(reply, decision);
    });
    done();
  };

  async function answer(
    policy: Policy,
    request: FastifyRequest,
    route: Route,
    caller: TraceContext,
  ): Promise<Decision> {
    const observe = service.observer.begin('filter');
    const inputs = readFilterInputs(request.raw, route);
    const decision = await policy.decide(route, inputs, {
      rejected: digestIn(request, 'x-broker-rejected'),
      held: digestIn(request, 'x-broker-held'),
    });
    observe(decision, { route: route.id, requestId: request.id, caller });
    return decision;
  }
}

function sendTable(request: FastifyRequest, reply: FastifyReply, { table, encodedTable }: Policy): FastifyReply {
  const entityTag = `"${table.revision}"`;
  reply.headers({ ...COMMON_HEADERS, etag: entityTag, 'x-broker-revision': table.revision });
  return holds(request, entityTag) ? reply.code(304).send() : reply.type(ROUTES_MEDIA_TYPE).send(encodedTable);
}

function digestIn(request: FastifyRequest, name: string): string | undefined {
  const text = singleHeader(request.raw, name);
  return text !== undefined && DIGEST.test(text) ? text : undefined;
}

/** RFC 9110 section 13.1.2, with the weak comparison that it asks for. */
function holds(request: FastifyRequest, entityTag: string): boolean {
  const tags = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim());
  return tags.some((tag) => tag === '*' || tag.replace(/^W\//, '') === entityTag);
}

/** The filter fetches its table at once. */
function sendUnknownRoute(reply: FastifyReply): FastifyReply {
  reply.header('x-broker-decision', 'unknown-route');
  return sendText(reply, 409, 'unknown route');
}

function sendDecision(reply: FastifyReply, decision: Decision): FastifyReply {
  reply.headers({ ...COMMON_HEADERS, 'x-broker-decision': decision.outcome });
  if (decision.outcome === 'deny') {
    if (decision.rememberFor !== undefined) {
      reply.header('token-broker-cache-control', `max-age=${decision.rememberFor}`);
    }
    return reply
      .code(decision.status)
      .headers(Object.fromEntries(decision.headers))
      .type(decision.bodyType)
      .send(asBytes(decision.body));
  }
  for (const [name, value] of decision.inject) {
    reply.header(`x-inject-${name}`, headerText(value.reveal()));
  }
  for (const [name, value] of decision.state) {
    reply.header(`x-broker-state-${name}`, headerText(value.reveal()));
  }
  if (decision.tokenDigest !== undefined) {
    reply.header('x-broker-token-digest', decision.tokenDigest);
  }
  if (decision.freshness !== undefined) {
    reply.header('token-broker-cache-control', cacheControl(decision.freshness));
  }
  return reply.code(200).send();
}

/** RFC 9213 targeted field with RFC 9111 and RFC 5861 directives. */
function cacheControl({ maxAge, staleWhileRevalidate, staleIfError }: Freshness): string {
  return `max-age=${maxAge}, stale-while-revalidate=${staleWhileRevalidate}, stale-if-error=${staleIfError}`;
}
