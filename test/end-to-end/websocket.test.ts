import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { holdTokenRequests, PATIENT } from '../support/gate.ts';
import { openWebSocket } from '../support/upgrade.ts';
import { useDeployment } from '../support/use-deployment.ts';

describe('a WebSocket', () => {
  const deployment = useDeployment(PATIENT);
  const clients = () => deployment().identityProvider.clients;
  const lastToken = () => `Bearer ${deployment().identityProvider.tokens().at(-1)}`;

  test('opens after a wait for its token, and at once with a cached one; bytes then go both ways', async () => {
    const { backend, envoy, identityProvider } = deployment();
    const gate = holdTokenRequests(identityProvider);
    const waiting = openWebSocket(envoy.port, credentials(clients().first), '/socket?room=1');
    await eventually(() => expect(identityProvider.requests()).toBe(1));
    expect(backend.requests.length).toBe(0);
    gate.open();
    const afterMiss = await waiting;
    const afterHit = await openWebSocket(envoy.port, credentials(clients().first), '/socket?room=1');
    for (const socket of [afterMiss, afterHit]) {
      expect(socket.status).toBe(101);
      for (let i = 0; i < 10; i++) expect(await socket.echo(`message ${i}`)).toBe(`message ${i}`);
      socket.close();
    }
    expect(identityProvider.requests()).toBe(1);
    expect(backend.requests.length).toBe(2);
    for (const { path, headers } of backend.requests) {
      expect(path).toBe('/socket?room=1');
      expect(headers).toMatchObject({ upgrade: 'websocket', authorization: lastToken() });
      expect(headers['x-client-secret']).toBeUndefined();
    }
  });

  test('stays open although its token is replaced meanwhile and control goes away', async () => {
    const { backend, envoy } = deployment();
    const socket = await openWebSocket(envoy.port, credentials(clients().first));
    backend.answer(() => ({ status: 401 }));
    expect((await deployment().send({ headers: credentials(clients().first) })).status).toBe(401);
    backend.answer(undefined);
    expect((await deployment().send({ headers: credentials(clients().first) })).status).toBe(200);
    await deployment().stopControl();
    expect(await socket.echo('still here')).toBe('still here');
    await deployment().startControl();
    socket.close();
  });

  test.each([
    ['without credentials', () => ({})],
    ['with a wrong secret', () => credentials({ ...clients().second, secret: 'wrong' })],
  ])('is refused with 401 %s, and no upgrade reaches the backend', async (_how, headers) => {
    const { backend, envoy } = deployment();
    const received = backend.requests.length;
    await expect(openWebSocket(envoy.port, headers())).rejects.toThrow('upgrade refused: 401');
    expect(backend.requests.length).toBe(received);
  });
});
