import { once } from 'node:events';
import { Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { holdTokenRequests, PATIENT } from '../support/gate.ts';
import { GrpcClient, startGrpcService } from '../support/grpc-service.ts';
import type { Client } from '../support/identity-provider.ts';
import { CLIENT_CREDENTIALS } from '../support/policy-file.ts';
import { useDeployment } from '../support/use-deployment.ts';

const service = await startGrpcService();
afterAll(() => service.stop());

describe('gRPC', () => {
  const deployment = useDeployment({
    configure: (configuration) => configuration.setPort('backend', service.port),
    plugin: PATIENT.plugin,
    policy: {
      unmatched: 'deny',
      entries: [{ id: 'greeter', match: { pathPrefix: '/test.Greeter' }, ...CLIENT_CREDENTIALS }],
    },
  });
  let client: GrpcClient;
  beforeAll(() => {
    client = new GrpcClient(deployment().envoy.port);
  });
  afterAll(() => client.close());

  const lastToken = () => `Bearer ${deployment().identityProvider.tokens().at(-1)}`;
  const clients = () => deployment().identityProvider.clients;

  test('unary calls reach the backend with the token, on a miss and on hits', async () => {
    for (let i = 0; i < 5; i++) expect(await client.unary(`${i}`, metadataOf(clients().first))).toBe(`hello ${i}`);
    for (const metadata of service.calls) {
      expect(metadata.get('authorization')).toEqual([lastToken()]);
      expect(metadata.get('x-client-secret')).toEqual([]);
    }
    expect(service.calls.length).toBe(5);
  });

  test('a bidirectional stream opens after its wait, and then messages go both ways one by one', async () => {
    const { identityProvider } = deployment();
    const gate = holdTokenRequests(identityProvider);
    const asked = identityProvider.requests();
    const stream = client.chat(metadataOf(clients().second));
    stream.write('sent while it waits');
    await eventually(() => expect(identityProvider.requests()).toBe(asked + 1));
    gate.open();
    expect(await once(stream, 'data')).toEqual(['hello sent while it waits']);
    for (const text of ['one', 'two', 'three']) {
      stream.write(text);
      expect(await once(stream, 'data')).toEqual([`hello ${text}`]);
    }
    const ended = once(stream, 'status');
    stream.end();
    stream.resume();
    expect(await ended).toMatchObject([{ code: status.OK }]);
    expect(service.calls.at(-1)?.get('authorization')).toEqual([lastToken()]);
  });

  test.each([
    ['without credentials', () => undefined, 'missing credentials'],
    ['with a wrong secret', () => ({ ...clients().first, secret: 'wrong' }), 'token request failed'],
  ])('a call %s ends in UNAUTHENTICATED', async (_how, who, details) => {
    const calls = service.calls.length;
    const refusal = refusalOf(status.UNAUTHENTICATED, details);
    await expect(client.unary('', metadataOf(who()))).rejects.toMatchObject(refusal);
    const [error] = await once(client.chat(metadataOf(who())).resume(), 'error');
    expect(error).toMatchObject(refusal);
    expect(service.calls.length).toBe(calls);
  });

  test('a call that policy forbids ends in PERMISSION_DENIED', async () => {
    const answer = client.unary('', metadataOf(clients().first), '/test.Other/Unary');
    await expect(answer).rejects.toMatchObject(refusalOf(status.PERMISSION_DENIED, 'policy denied'));
  });

  test('a call ends in UNAVAILABLE while the issuer is out of reach, or control is', async () => {
    const { identityProvider } = deployment();
    const unknown = metadataOf(clients().second, identityProvider.scopes.second);
    identityProvider.disturb({ hangsUp: true });
    const noIssuer = refusalOf(status.UNAVAILABLE, 'oauth provider unavailable');
    await expect(client.unary('', unknown)).rejects.toMatchObject(noIssuer);
    identityProvider.disturb(undefined);
    await deployment().stopControl();
    const noControl = refusalOf(status.UNAVAILABLE, 'token broker unavailable');
    await expect(client.unary('', unknown)).rejects.toMatchObject(noControl);
    expect(await client.unary('held', metadataOf(clients().first))).toBe('hello held');
  });
});

/** The message is the refusal's body, its line feed included. */
function refusalOf(code: status, text: string) {
  return { code, details: expect.stringContaining(text) };
}

function metadataOf(client: Client | undefined, scope?: string): Metadata {
  const metadata = new Metadata();
  const headers = client === undefined ? {} : credentials(client, scope);
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}
