import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../../tools/launch/eventually.ts';
import { type OAuthServer, startOAuthServer } from '../../../tools/oauth-server/server.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TYPE = 'urn:ietf:params:oauth:token-type:';

let server: OAuthServer;

beforeAll(async () => {
  server = await startOAuthServer({
    clients: [
      { id: 'broker', secret: 'broker-secret', scope: 'read write' },
      { id: 'alice', secret: 'alice-secret', scope: 'read' },
      { id: 'robot', secret: 'robot-secret', scope: 'read' },
    ],
    audiences: ['orders', 'https://payments.example/api'],
  });
});

afterAll(() => server.close());

async function request(clientId: string, parameters: readonly (readonly [string, string])[]) {
  const response = await fetch(server.tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientId}-secret`)}` },
    body: new URLSearchParams([...parameters.map(([name, value]): [string, string] => [name, value])]),
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

async function tokenOf(clientId: string): Promise<string> {
  const { body } = await request(clientId, [
    ['grant_type', 'client_credentials'],
    ['scope', 'read'],
  ]);
  return body.access_token ?? '';
}

const exchange = async (subject: string, ...more: (readonly [string, string])[]) =>
  request('broker', [
    ['grant_type', GRANT],
    ['subject_token', subject],
    ['subject_token_type', `${TYPE}access_token`],
    ...more,
  ]);

const claimsOf = ({ body }: Awaited<ReturnType<typeof exchange>>) => decodeJwt(body.access_token ?? '');

describe('the exchange of the OAuth server', () => {
  test("gives a token of the subject's for whom it is asked for", async () => {
    const answer = await exchange(await tokenOf('alice'), ['audience', 'orders']);
    expect(answer).toMatchObject({
      status: 200,
      body: { issued_token_type: `${TYPE}access_token`, token_type: 'Bearer', expires_in: 300, scope: 'read' },
    });
    expect(claimsOf(answer)).toMatchObject({ sub: 'alice', client_id: 'broker', aud: 'orders', scope: 'read' });
  });

  test('takes several audiences and resources', async () => {
    const more = [['audience', 'orders'] as const, ['resource', 'https://payments.example/api'] as const];
    const answer = await exchange(await tokenOf('alice'), ...more, ['requested_token_type', `${TYPE}jwt`]);
    expect(answer.body.issued_token_type).toBe(`${TYPE}jwt`);
    expect(claimsOf(answer).aud).toEqual(['https://payments.example/api', 'orders']);
  });

  test('says who acts for whom, and who did before', async () => {
    const actor = async (id: string) =>
      [['actor_token', await tokenOf(id)] as const, ['actor_token_type', `${TYPE}access_token`] as const] as const;
    const once = await exchange(await tokenOf('alice'), ...(await actor('robot')));
    expect(claimsOf(once)).toMatchObject({ sub: 'alice', act: { sub: 'robot' } });
    const twice = await exchange(once.body.access_token ?? '', ...(await actor('broker')));
    expect(claimsOf(twice)).toMatchObject({ sub: 'alice', act: { sub: 'broker', act: { sub: 'robot' } } });
  });

  test.each<[string, (subject: string) => [string, ...(readonly [string, string])[]], string]>([
    ['an audience of nobody', (subject) => [subject, ['audience', 'nobody']], 'invalid_target'],
    ['a resource of nobody', (subject) => [subject, ['resource', 'https://nobody.example']], 'invalid_target'],
    ['a scope that the subject lacks', (subject) => [subject, ['scope', 'write']], 'invalid_scope'],
    ['a changed subject', (subject) => [`${subject.slice(0, -6)}AAAAAA`], 'invalid_grant'],
    ['what is no JWT', () => ['opaque'], 'invalid_grant'],
    ['an actor without a type', (subject) => [subject, ['actor_token', subject]], 'invalid_request'],
    ['a type it has not', (subject) => [subject, ['requested_token_type', `${TYPE}saml2`]], 'invalid_request'],
  ])('refuses %s', async (_name, arguments_, error) => {
    expect(await exchange(...arguments_(await tokenOf('alice')))).toMatchObject({ status: 400, body: { error } });
  });

  test('refuses an expired subject', async () => {
    server.setTokenLifetime(1);
    const expired = await tokenOf('alice');
    server.setTokenLifetime(300);
    await eventually(async () => {
      expect(await exchange(expired)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    });
  });

  test('is counted by its name', async () => {
    const before = server.countRequests({ grant: GRANT });
    await exchange('opaque');
    await exchange(await tokenOf('alice'));
    expect(server.countRequests({ grant: GRANT })).toBe(before + 2);
    expect(server.countRequests({ grant: GRANT, outcome: 'refused' })).toBeGreaterThan(0);
  });
});
