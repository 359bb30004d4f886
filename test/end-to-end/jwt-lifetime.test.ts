import { afterAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { document, startKeySetServer } from '../../tools/tokens/key-set-server.ts';
import { createSigningKey, keySetOf, signToken } from '../../tools/tokens/signing-key.ts';
import { credentialsOf } from '../support/policy-file.ts';
import { useDeployment } from '../support/use-deployment.ts';

const key = createSigningKey('RS256', { kid: 'old' });
const rotated = createSigningKey('RS256', { kid: 'new' });
const keys = await startKeySetServer(document(keySetOf(key)));
afterAll(() => keys.stop());

const tokenFor = (seconds: number, claims: object = {}, signer = key) =>
  signToken(signer, { iss: 'tests', aud: 'api', exp: Math.floor(Date.now() / 1000) + seconds, ...claims });

describe('a remembered decision', () => {
  const deployment = useDeployment({
    policy: ({ clients }) => ({
      unmatched: 'deny',
      providers: {
        tests: {
          issuer: 'tests',
          audiences: ['api'],
          clockSkew: '0s',
          jwks: { url: `${keys.url}/keys`, allowInsecure: true, cooldown: '1s' },
        },
      },
      entries: [
        {
          id: 'api',
          ...credentialsOf(clients.first),
          authenticate: { providers: ['tests'] },
        },
      ],
    }),
  });

  test('ends when the JWT expires, on time', async () => {
    const expiresAt = (Math.floor(Date.now() / 1000) + 3) * 1000;
    const headers = { authorization: `Bearer ${tokenFor(0, { exp: expiresAt / 1000 })}` };
    const statuses: number[] = [];
    let lastAllowed = 0;
    while (statuses.at(-1) !== 401) {
      const sentAt = Date.now();
      const { status } = await deployment().send({ headers });
      if (status === 200) lastAllowed = sentAt;
      statuses.push(status);
    }
    expect(new Set(statuses)).toEqual(new Set([200, 401]));
    expect(statuses.length).toBeGreaterThan(10);
    expect(lastAllowed).toBeLessThan(expiresAt);
    expect(Date.now() - expiresAt).toBeLessThan(1000);
  });

  test('ends when control is down and the JWT has expired, though its token is good', async () => {
    const headers = { authorization: `Bearer ${tokenFor(3)}` };
    expect((await deployment().send({ headers })).status).toBe(200);
    await deployment().stopControl();
    expect((await deployment().send({ headers })).status).toBe(200);
    await eventually(async () => expect((await deployment().send({ headers })).status).toBe(503));
    await deployment().startControl();
    await eventually(async () => {
      const answer = await deployment().send({ headers: { authorization: `Bearer ${tokenFor(60)}` } });
      expect(answer.status).toBe(200);
    });
  });

  test('a refusal ends too: a token of a rotated key is accepted once the cooldown is over', async () => {
    await deployment().send({ headers: { authorization: `Bearer ${tokenFor(60)}` } });
    keys.serve(document(keySetOf(key, rotated)));
    const headers = { authorization: `Bearer ${tokenFor(60, {}, rotated)}` };
    await eventually(async () => expect((await deployment().send({ headers })).status).toBe(200));
  });
});
