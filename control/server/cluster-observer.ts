import type { FastifyBaseLogger } from 'fastify';

/** Logs what becomes of the files by which clusters are reached. */
export function createClusterObserver(logger: FastifyBaseLogger) {
  return {
    reloaded: (cluster: string) =>
      logger.info({ cluster }, 'a cluster is reached by other credentials or another way now'),
    reloadFailed: (cluster: string, { message }: Error) =>
      logger.warn({ cluster, problem: message }, "a cluster's files are bad; what they said before stays in use"),
  };
}
