import { type IncomingMessage, METHODS } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyPluginCallback,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { endConnectionsOnClose } from './end-connections.ts';
import { sendText } from './plain-text.ts';
import { requestIdOf } from './request-id.ts';

/** A legal JWT and its company are longer than Node's own 16 KiB; what a policy reads has limits of its own. */
const MAXIMUM_HEADER_BYTES = 96 * 1024;
/** Bodies are read and forgotten: Envoy may be told to send the request's own. */
const MAXIMUM_BODY_BYTES = 1024 * 1024;
/** DexTokenBroker's: a request that takes longer to arrive is no request. */
const HEADERS_TIMEOUT = 5_000;
const REQUEST_TIMEOUT = 10_000;
/** Longer than the hour for which Envoy keeps idle connections by default, so that it never meets one just closed. */
const KEEP_ALIVE_TIMEOUT = 3_660_000;
const MAXIMUM_CONNECTIONS = 8192;
/** How often the two timeouts are looked at; Node's own 30 s would make six times as long of the shorter one. */
const TIMEOUT_CHECK_INTERVAL = 2_500;

export interface ServerOptions {
  readonly endpoint: FastifyPluginCallback;
  readonly logger: FastifyBaseLogger;
  readonly tls?: ServerTls | undefined;
  readonly rewriteUrl?: (request: IncomingMessage) => string;
}

/** PEM texts. */
export interface ServerTls {
  readonly certificate: Buffer;
  readonly key: Buffer;
  /** When set, clients must show a certificate signed by this authority. */
  readonly clientCa: Buffer | undefined;
}

/** A server with one endpoint's routes; every answer that is not the endpoint's own is plain text and says little. */
export function createServer({ endpoint, logger, tls, rewriteUrl }: ServerOptions): FastifyInstance {
  const options = {
    loggerInstance: logger,
    // A child for each request would be made for the few that log anything.
    childLoggerFactory: (parent: FastifyBaseLogger) => parent,
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false as const,
    genReqId: (request: { headers: IncomingMessage['headers'] }) => requestIdOf(request.headers['x-request-id']),
    bodyLimit: MAXIMUM_BODY_BYTES,
    // Requests that arrive on open connections while the server closes are served like any other.
    return503OnClosing: false,
    requestTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    clientErrorHandler: refuseClient,
    // Its own answer repeats the URL.
    frameworkErrors: (_error: FastifyError, _request: unknown, reply: FastifyReply) =>
      sendText(reply, 400, 'bad request'),
    ...(rewriteUrl === undefined ? {} : { rewriteUrl: (request: IncomingMessage) => rewriteUrl(request) }),
  };
  const limits = {
    maxHeaderSize: MAXIMUM_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT,
    connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL,
  };
  const app = (
    tls === undefined
      ? Fastify({ ...options, http: limits })
      : Fastify({ ...options, https: { ...limits, ...handshake(tls) } })
  ) as FastifyInstance;
  app.server.maxConnections = MAXIMUM_CONNECTIONS;
  // Node forgets headers beyond 2000 without a word; one that came twice must be seen wherever it stands.
  app.server.maxHeadersCount = 0;
  acceptAnyMethod(app);
  acceptAnyBody(app);
  endConnectionsOnClose(app);
  app.setNotFoundHandler((request, reply) => refuseUnknown(app, request, reply));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      request.log.error({ err: error, reqId: request.id }, 'a request failed');
    }
    return status >= 500 ? sendText(reply, 503, 'internal error') : sendText(reply, status, 'bad request');
  });
  app.register(endpoint);
  return app;
}

/** What Node's TLS servers take. */
export function handshake({ certificate, key, clientCa }: ServerTls) {
  const clients = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return { cert: certificate, key, minVersion: 'TLSv1.2' as const, ...clients };
}

/** 405 where another method would be right (RFC 9110 section 15.5.6), 404 otherwise. */
function refuseUnknown(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const url = request.url.replace(/\?.*/, '');
  const allowed = ['GET', 'POST'].filter((method) => app.hasRoute({ url, method }));
  return allowed.length === 0
    ? sendText(reply, 404, '404 page not found')
    : sendText(reply.header('allow', allowed.join(', ')), 405, 'method not allowed');
}

/** CONNECT never becomes a request in Node: it gets a closed connection. */
function acceptAnyMethod(app: FastifyInstance): void {
  for (const method of METHODS.filter((candidate) => candidate !== 'CONNECT')) {
    if (!app.supportedMethods.includes(method)) {
      app.addHttpMethod(method, { hasBody: true });
    }
  }
}

function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null));
  app.addHook('onRequest', (request, _reply, done) => {
    // The body is forgotten whatever its type; a malformed or missing one must not refuse the request.
    request.raw.headers['content-type'] = 'application/octet-stream';
    done();
  });
}

/** What Node's parser refuses. The error holds the bytes that came, credentials among them: it is not logged. */
function refuseClient(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, text] = CLIENT_ERRORS[error.code ?? ''] ?? ['400 Bad Request', 'bad request'];
  const head = [`HTTP/1.1 ${status}`, 'content-type: text/plain; charset=utf-8', `content-length: ${text.length + 1}`];
  socket.end(`${head.join('\r\n')}\r\nconnection: close\r\n\r\n${text}\n`, () => socket.destroy());
}

const CLIENT_ERRORS: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'request header fields too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'request timeout'],
};
