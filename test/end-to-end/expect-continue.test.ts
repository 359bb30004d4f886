import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { credentials } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

const BODY = 'sent only when asked for';

describe.each([
  ['Envoy asks for the body', false],
  ['the backend asks for the body', true],
])('Expect: 100-continue, when %s', (_who, leftToTheBackend) => {
  const deployment = useDeployment({
    configure: (configuration) => {
      configuration.httpConnectionManager().proxy_100_continue = leftToTheBackend;
    },
  });

  test.each(['a miss', 'a hit'])('gets the body to the backend once, on %s', async () => {
    const { backend, envoy, identityProvider } = deployment();
    const received = backend.requests.length;
    const answer = await post(envoy.port, credentials(identityProvider.clients.first));
    expect(answer).toEqual({ status: 200, continued: true });
    expect(backend.requests.length).toBe(received + 1);
    expect(backend.last().body).toBe(BODY);
    expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
  });

  test('is refused without credentials', async () => {
    const { backend, envoy } = deployment();
    const received = backend.requests.length;
    const answer = await post(envoy.port, {});
    // Envoy's own 100 goes out before any filter sees the request.
    expect(answer).toEqual({ status: 401, continued: !leftToTheBackend });
    expect(backend.requests.length).toBe(received);
  });
});

/** Sends the body only after a 100, as curl does for large ones. */
async function post(port: number, headers: Record<string, string>): Promise<{ status: number; continued: boolean }> {
  let continued = false;
  const outgoing = request({
    ...{ host: '127.0.0.1', port, method: 'POST', agent: false },
    headers: { ...headers, expect: '100-continue', 'content-length': BODY.length },
  });
  outgoing.once('continue', () => {
    continued = true;
    outgoing.end(BODY);
  });
  outgoing.flushHeaders();
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject).once('response', async (answer) => {
      await text(answer);
      outgoing.destroy();
      resolve({ status: answer.statusCode ?? 0, continued });
    });
  });
}
