import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { createSigningKey, keySetOf, signToken } from '../../tools/tokens/signing-key.ts';
import { credentialsOf } from '../support/policy-file.ts';
import { PolicyFolder } from '../support/policy-folder.ts';
import { useDeployment } from '../support/use-deployment.ts';

const ISSUER = 'https://login.example';
const key = createSigningKey();
const now = () => Math.floor(Date.now() / 1000);
const tokenFor = (sub: string) =>
  signToken(key, { iss: ISSUER, aud: 'shop', sub, iat: now(), exp: now() + 300, jti: crypto.randomUUID() });

const documents = new PolicyFolder();
afterAll(() => documents.stop());

describe("revocations of callers' tokens, while decisions on them are remembered", () => {
  const deployment = useDeployment({
    policy: ({ clients: { first } }) => ({
      unmatched: 'deny',
      providers: { login: { issuer: ISSUER, audiences: ['shop'], jwks: { inline: JSON.parse(keySetOf(key)) } } },
      files: [{ path: documents.path, trusted: true }],
      entries: [{ id: 'orders', authenticate: { providers: ['login'] }, ...credentialsOf(first) }],
    }),
  });
  const revoke = (...words: string[]) =>
    execFileSync(process.execPath, [
      ...['control/main.ts', 'revoke', '--file', join(documents.path, 'revocations.yaml')],
      ...words,
    ]);
  const planted = (sub: string) => deployment().secrets.plant(`a token of ${sub}'s`, tokenFor(sub));
  const statusOf = async (token: string) =>
    (await deployment().send({ headers: { authorization: `Bearer ${token}` } })).status;
  /** Both workers have it: many requests in a row meet one outcome. */
  const become = (token: string, status: number) =>
    eventually(async () => {
      const statuses = await Promise.all(Array.from({ length: 12 }, () => statusOf(token)));
      expect(new Set(statuses)).toEqual(new Set([status]));
    });

  test('refuse what a subject had before, and nothing of others; then everything of an issuer', async () => {
    const [alice, bob] = [planted('alice'), planted('bob')];
    await become(alice, 200);
    await become(bob, 200);

    revoke('subject', 'alice', '--issuer', ISSUER, '--issued-before', 'now');
    await become(alice, 401);
    expect(await statusOf(bob)).toBe(200);
    // Whoever logs in again is welcome.
    await eventually(async () => expect(await statusOf(planted('alice'))).toBe(200));
    expect(await statusOf(alice)).toBe(401);

    revoke('issuer', ISSUER);
    await become(bob, 401);
    const received = deployment().backend.requests.length;
    expect(await statusOf(planted('carol'))).toBe(401);
    expect(deployment().backend.requests.length).toBe(received);

    documents.remove('revocations.yaml');
    await become(bob, 200);
  });
});
