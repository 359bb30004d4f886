import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { holdTokenRequests, PATIENT } from '../support/gate.ts';
import { Http2Connection } from '../support/request-http2.ts';
import { useDeployment } from '../support/use-deployment.ts';

describe('while requests wait for their token', () => {
  const deployment = useDeployment(PATIENT);
  const counter = (name: string, tags = {}) => deployment().counter(`token_broker_${name}`, tags);
  const headersOf = (client: 'first' | 'second', scope?: 'first' | 'second') => {
    const { clients, scopes } = deployment().identityProvider;
    return credentials(clients[client], scope && scopes[scope]);
  };
  const waiting = (count: number) => eventually(async () => expect(await counter('waiting_requests')).toBe(count));

  test('their followers are answered by the one callout of a leader that has left', async () => {
    const { backend, envoy, identityProvider } = deployment();
    const gate = holdTokenRequests(identityProvider);
    // One connection, so that all of them meet one worker.
    const connection = new Http2Connection(envoy.port);
    const leader = new AbortController();
    const left = connection.request({ headers: headersOf('first'), signal: leader.signal });
    await eventually(() => expect(identityProvider.requests()).toBe(1));
    const followers = Array.from({ length: 5 }, () => connection.request({ headers: headersOf('first') }));
    await waiting(6);
    leader.abort();
    await expect(left).rejects.toThrow();
    await waiting(5);
    gate.open();
    for (const answer of await Promise.all(followers)) expect(answer.status).toBe(200);
    connection.close();
    expect(identityProvider.requests()).toBe(1);
    expect(backend.requests.length).toBe(5);
    expect(await counter('misses')).toBe(1);
  });

  test('the answer is remembered although all of them have left', async () => {
    const { backend, identityProvider } = deployment();
    const gate = holdTokenRequests(identityProvider);
    const asked = identityProvider.requests();
    const received = backend.requests.length;
    const clients = new AbortController();
    const { signal } = clients;
    const requests = Array.from({ length: 4 }, () => deployment().send({ headers: headersOf('second'), signal }));
    await waiting(4);
    clients.abort();
    for (const outcome of await Promise.allSettled(requests)) expect(outcome.status).toBe('rejected');
    await waiting(0);
    gate.open();
    await eventually(() => expect(identityProvider.tokens().length).toBe(asked + 1));
    for (let i = 0; i < 10; i++) expect((await deployment().send({ headers: headersOf('second') })).status).toBe(200);
    expect(identityProvider.requests()).toBe(asked + 1);
    expect(backend.requests.length).toBe(received + 10);
  });

  test('two hundred clients that come and go leave nothing behind', async () => {
    const { envoy, identityProvider } = deployment();
    const gate = holdTokenRequests(identityProvider);
    const headers = headersOf('second', 'first');
    const come = () => {
      const controller = new AbortController();
      const outcome = deployment()
        .send({ headers, signal: controller.signal })
        .then(
          ({ status }) => status,
          () => 'left' as const,
        );
      return { leave: () => controller.abort(), outcome };
    };
    const all = [];
    for (let wave = 0; wave < 10; wave++) {
      const clients = Array.from({ length: 20 }, come);
      all.push(...clients);
      await waiting(20 + wave * 5);
      // Those who stay came neither first nor last.
      for (const [index, client] of clients.entries()) if (index < 8 || index > 12) client.leave();
    }
    await waiting(50);
    gate.open();
    const outcomes = await Promise.all(all.map(({ outcome }) => outcome));
    expect(outcomes.filter((outcome) => outcome === 200).length).toBe(50);
    expect(outcomes.filter((outcome) => outcome === 'left').length).toBe(150);
    await waiting(0);
    expect((await fetch(`${envoy.adminUrl}/ready`)).status).toBe(200);
    expect((await deployment().send({ headers })).status).toBe(200);
  });
});

// A deployment of its own, because counters lag: none of what an earlier test did may still be on its way.
describe('requests for one key', () => {
  const deployment = useDeployment(PATIENT);
  const counter = (name: string) => deployment().counter(`token_broker_${name}`);

  test('a hundred over both workers cost the issuer one token request, and control at most one per worker', async () => {
    const { backend, identityProvider } = deployment();
    const gate = holdTokenRequests(identityProvider);
    const asked = identityProvider.requests();
    const received = backend.requests.length;
    const headers = credentials(identityProvider.clients.first);
    const answers = Array.from({ length: 100 }, () => deployment().send({ headers }));
    await eventually(async () => expect(await counter('waiting_requests')).toBe(100));
    gate.open();
    for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
    expect(identityProvider.requests()).toBe(asked + 1);
    expect(backend.requests.length).toBe(received + 100);
    await eventually(async () => {
      // Connections spread over the workers: with a hundred of them, both have some.
      expect(await counter('misses')).toBe(2);
      expect(await counter('coalesced')).toBe(98);
    });
  });
});
