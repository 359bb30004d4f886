import type { Server } from 'node:http';
import type { FastifyBaseLogger } from 'fastify';
import type { App } from './app.ts';

/**
 * On SIGTERM or SIGINT: is no longer ready, stops accepting, and ends the process once the requests in flight have
 * ended, or after the timeout without them. A second signal ends it at once.
 *
 * @param timeout ms
 * @param finish comes last: it sends what is still to be told of the requests in flight
 */
export function closeOnSignal(app: App, timeout: number, logger: FastifyBaseLogger, finish: () => Promise<void>): void {
  const closeAll = async () => {
    await app.close();
    await finish();
  };
  const begin = (signal: NodeJS.Signals) => {
    logger.info({ signal }, 'shutting down');
    const timer = setTimeout(() => {
      logger.warn({ timeoutMs: timeout }, 'requests were still in flight at the end of the shutdown timeout');
      for (const server of [app.check, app.filter, app.admin, app.metrics]) {
        (server?.server as Server | undefined)?.closeAllConnections();
      }
      process.exit(1);
    }, timeout);
    closeAll().then(
      () => {
        clearTimeout(timer);
        logger.info('closed');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'closing failed');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      begin(signal);
      process.once(signal, () => process.exit(1));
    });
  }
}
