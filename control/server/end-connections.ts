import type { FastifyInstance } from 'fastify';

/**
 * Lets a server close as soon as its last answer is out. Node by itself waits for connections that were busy when it
 * began to close and are idle now, and for those on which nothing was ever sent.
 */
export function endConnectionsOnClose(app: FastifyInstance): void {
  let closing = false;
  let underWay = 0;
  const endIfIdle = () => {
    if (closing && underWay === 0) {
      app.server.closeAllConnections();
    }
  };
  const ended = () => {
    underWay -= 1;
    if (closing) setImmediate(endIfIdle);
  };
  app.addHook('onRequest', (_request, reply, done) => {
    underWay += 1;
    // Comes once, whether the answer went out or the client went away.
    reply.raw.once('close', ended);
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) {
      reply.header('connection', 'close');
    }
    done();
  });
  app.addHook('preClose', (done) => {
    closing = true;
    setImmediate(endIfIdle);
    done();
  });
}
