import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import type { FastifyBaseLogger } from 'fastify';
import { handshake, type ServerTls } from '../create-server.ts';
import type { ListenOptions } from '../listen.ts';
import type { Service } from '../service.ts';
import { authorizationEndpoint } from './authorization.ts';
import { Health } from './health.ts';
import { AUTHORIZATION_SERVICE, HEALTH_SERVICE } from './messages.ts';

/** 1 MiB of body, which Envoy may be told to send and which is forgotten, and 256 KiB of all else. */
const MAXIMUM_MESSAGE_BYTES = 1_310_720;
const MAXIMUM_CONNECTIONS = 8192;
/** Of one connection; Envoy opens another when it has more. */
const MAXIMUM_STREAMS = 1024;
/** MB that one connection may make Node hold. */
const MAXIMUM_SESSION_MEMORY = 64;
/** ms without a byte after which a peer is asked whether it is still there. */
const KEEP_ALIVE_DELAY = 60_000;
/** ms in which the last answers leave a server that closes; then those connections end that never got to a session. */
const GRACE = 1_000;

/** Like a Fastify server, as far as it is listened on and closed. */
export interface GrpcServer {
  /** @returns the address */
  listen(options: ListenOptions): Promise<string>;
  /** What the health service says. */
  setServing(serving: boolean): void;
  /** For connections from now on. @throws Error when they cannot be used */
  renewCertificates(tls: ServerTls): void;
  /** Stops accepting, and resolves when the calls under way have been answered. */
  close(): Promise<void>;
}

export interface GrpcServerOptions {
  readonly service: Service;
  readonly logger: FastifyBaseLogger;
  readonly tls: ServerTls | undefined;
}

/** Envoy's `ext_authz` over gRPC, and `grpc.health.v1`. */
export function createGrpcServer({ service, logger, tls }: GrpcServerOptions): GrpcServer {
  // It would print messages of its own, with parts of what came.
  setLogVerbosity(logVerbosity.NONE);
  const health = new Health();
  const server = new Server({
    'grpc.max_receive_message_length': MAXIMUM_MESSAGE_BYTES,
    'grpc.max_concurrent_streams': MAXIMUM_STREAMS,
    'grpc-node.max_session_memory': MAXIMUM_SESSION_MEMORY,
    'grpc.enable_channelz': 0,
  });
  const authorization = authorizationEndpoint(service);
  server.addService(AUTHORIZATION_SERVICE, { Check: authorization.Check });
  server.addService(HEALTH_SERVICE, health.endpoint);
  // A listener of our own: the library's has no limit on connections, no permissions for a socket, and its certificate for
  // good.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY };
  const secure = tls && createTlsServer({ ...options, ...handshake(tls), ALPNProtocols: ['h2'] });
  const listener = secure ?? createServer(options);
  listener.maxConnections = MAXIMUM_CONNECTIONS;
  listener.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  listener.on(secure === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    injector.injectConnection(socket);
  });
  return {
    listen: ({ listenTextResolver, ...where }) =>
      new Promise((resolve, reject) => {
        listener.once('error', reject);
        listener.listen(where, () => {
          const text = addressOf(listener.address());
          logger.info(listenTextResolver(text));
          resolve(text);
        });
      }),
    setServing: (serving) => health.setServing(serving),
    renewCertificates: (renewed) => secure?.setSecureContext(handshake(renewed)),
    close: async () => {
      health.setServing(false);
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      health.endWatches();
      // Its callback comes before the answers: since Node 24 a closing server closes its sessions, and the library takes
      // those for ended.
      server.tryShutdown(() => {});
      await Promise.all(authorization.underWay);
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, GRACE);
      await closed;
      clearTimeout(timer);
    },
  };
}

function addressOf(address: ReturnType<ReturnType<typeof createServer>['address']>): string {
  if (address === null || typeof address === 'string') return address ?? '';
  const { family, address: host, port } = address;
  return family === 'IPv6' ? `[${host}]:${port}` : `${host}:${port}`;
}
