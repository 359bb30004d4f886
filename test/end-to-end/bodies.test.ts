import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { holdTokenRequests, PATIENT } from '../support/gate.ts';
import type { Answer } from '../support/request.ts';
import { requestHttp2 } from '../support/request-http2.ts';
import { useDeployment } from '../support/use-deployment.ts';

/** Many times the buffer limits of Envoy's shipped configuration, and no two parts alike. */
const LARGE = Array.from({ length: 60_000 }, (_, i) => createHash('sha256').update(`${i}`).digest('hex')).join('');

type Send = (options: { path?: string; headers: Record<string, string>; body?: string | Readable }) => Promise<Answer>;

describe.each(['HTTP/1.1', 'HTTP/2'])('a request with a body over %s', (protocol) => {
  const deployment = useDeployment(PATIENT);
  const send: Send = (options) =>
    protocol === 'HTTP/1.1'
      ? deployment().send({ method: 'POST', ...options })
      : requestHttp2(deployment().envoy.port, { method: 'POST', ...options });
  const scopes = () => deployment().identityProvider.scopes;
  const headers = (scope?: string) => credentials(deployment().identityProvider.clients.first, scope);

  test.each([
    ['small', 'a small body'],
    ['large', LARGE],
  ])('arrives whole when it is %s, on a miss and on a hit', async (size, body) => {
    const { backend } = deployment();
    backend.answer(() => ({ status: 200, body: 'thanks' }));
    const asSecond = credentials(
      deployment().identityProvider.clients.second,
      size === 'small' ? scopes().first : undefined,
    );
    for (let i = 0; i < 4; i++) {
      const answer = await send({ headers: asSecond, body });
      expect(answer).toMatchObject({ status: 200, body: 'thanks' });
      expect(backend.last().body === body).toBe(true);
    }
    expect(backend.requests.filter((request) => request.body === body).length).toBe(4);
  });

  test('waits with a large body for its token, and then goes on with every byte once', async () => {
    const { backend, identityProvider } = deployment();
    const gate = holdTokenRequests(identityProvider);
    const asked = identityProvider.requests();
    const received = backend.requests.length;
    const answer = send({ headers: headers(), body: LARGE });
    await eventually(() => expect(identityProvider.requests()).toBe(asked + 1));
    expect(backend.requests.length).toBe(received);
    gate.open();
    expect((await answer).status).toBe(200);
    expect(backend.requests.length).toBe(received + 1);
    expect(backend.last().body === LARGE).toBe(true);
    expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
  });

  test('may go on uploading while it waits', async () => {
    const { backend, identityProvider } = deployment();
    const gate = holdTokenRequests(identityProvider);
    const asked = identityProvider.requests();
    const granted = identityProvider.tokens().length;
    const upload = new Readable({ read() {} });
    const answer = send({ headers: headers(scopes().first), body: upload });
    upload.push('first,');
    await eventually(() => expect(identityProvider.requests()).toBe(asked + 1));
    upload.push('while it waits,');
    await eventually(() => expect(upload.readableLength).toBe(0));
    gate.open();
    await eventually(() => expect(identityProvider.tokens().length).toBe(granted + 1));
    upload.push('last');
    upload.push(null);
    expect((await answer).status).toBe(200);
    expect(backend.last()).toMatchObject({
      body: 'first,while it waits,last',
      headers: { authorization: `Bearer ${identityProvider.tokens().at(-1)}` },
    });
  });

  test('is refused before its body is complete', async () => {
    const { backend } = deployment();
    const received = backend.requests.length;
    const upload = new Readable({ read() {} });
    upload.push('the beginning');
    const answer = await send({ headers: { 'x-client-id': 'nobody' }, body: upload });
    expect(answer.status).toBe(401);
    expect(backend.requests.length).toBe(received);
    upload.destroy();
  });
});
