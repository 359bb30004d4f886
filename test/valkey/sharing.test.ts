import { readFileSync } from 'node:fs';
import { Redis } from 'iovalkey';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../control/secret.ts';
import { Valkey } from '../../tools/launch/valkey.ts';
import { PlantedSecrets } from '../support/planted-secrets.ts';
import { KEY, Replicas } from './support/replicas.ts';

let valkey: Valkey;
let replicas: Replicas;
let server: Redis;

beforeAll(async () => {
  valkey = await Valkey.start();
  server = new Redis(valkey.port, '127.0.0.1');
  replicas = await Replicas.start({
    shared: (directory) => ({ url: `redis://127.0.0.1:${valkey.port}`, keys: [{ file: `${directory}/key` }] }),
  });
  await replicas.connected();
});

afterAll(async () => {
  await replicas?.stop();
  server?.disconnect();
  await valkey?.stop();
});

/** Both replicas are asked at once, several times each. */
const askBoth = (client: { id: string; secret: string }, times = 20) =>
  Promise.all(replicas.both.flatMap((replica) => Array.from({ length: times }, () => replica.ask(client))));

describe('two replicas', () => {
  test('have one token for all who come at once, from one request to the issuer', async () => {
    const { identityProvider } = replicas;
    identityProvider.disturb({ delay: 300 });
    const { requests, result } = await replicas.counting(() => askBoth(identityProvider.clients.first));
    identityProvider.disturb(undefined);
    expect(new Set(result.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(result.map(({ token }) => token)).size).toBe(1);
    expect(requests).toBe(1);
  });

  test('give out what the other has obtained', async () => {
    const { identityProvider, first, second } = replicas;
    const { requests, result } = await replicas.counting(async () => [
      await first.ask(identityProvider.clients.second),
      await second.ask(identityProvider.clients.second),
    ]);
    expect(result.map(({ token }) => token)).toEqual(Array(2).fill(result[0]?.token));
    expect(requests).toBe(1);
  });

  test('remember together whom the issuer refuses', async () => {
    const { identityProvider } = replicas;
    const wrong = { ...identityProvider.clients.first, secret: 'planted-wrong-secret' };
    const { requests, result } = await replicas.counting(() => askBoth(wrong, 5));
    expect(new Set(result.map(({ status }) => status))).toEqual(new Set([401]));
    expect(requests).toBe(1);
    expect((await replicas.first.ask(identityProvider.clients.first)).status).toBe(200);
  });

  test('share it when the issuer fails, and ask again for who comes next', async () => {
    const { identityProvider } = replicas;
    const unknown = { id: 'first-client', secret: 'planted-secret-of-a-failure' };
    identityProvider.disturb({ delay: 300, status: 500 });
    const { requests, result } = await replicas.counting(() => askBoth(unknown, 3));
    identityProvider.disturb(undefined);
    expect(new Set(result.map(({ status }) => status))).toEqual(new Set([502]));
    expect(requests).toBe(1);
    const next = await replicas.counting(() => replicas.second.ask(unknown));
    expect([next.requests, next.result.status]).toEqual([1, 401]);
  });

  test('replace a token once that a backend refused, and both give out the next', async () => {
    const { identityProvider, first, second } = replicas;
    const client = identityProvider.clients.first;
    const { token: refused = '' } = await first.ask(client);
    const rejected = new Secret(refused).digest();
    const { requests, result } = await replicas.counting(() =>
      Promise.all([first.replace(client, rejected), second.replace(client, rejected)]),
    );
    expect(requests).toBe(1);
    expect(result[0]).not.toBe(refused);
    expect(result[1]).toBe(result[0]);
    expect((await second.ask(client)).token).toBe(result[0]);
  });
});

describe('the server', () => {
  /** Every name that it holds. */
  async function names(): Promise<string[]> {
    const found: string[] = [];
    for await (const batch of server.scanStream()) found.push(...(batch as string[]));
    return found;
  }

  test('holds no secret, token, client, or key, whatever is read of it', async () => {
    const { identityProvider } = replicas;
    await askBoth(identityProvider.clients.first, 1);
    const secrets = new PlantedSecrets();
    const clients = Object.entries(identityProvider.clients);
    for (const [name, { secret }] of clients) secrets.plant(`secret of the ${name} client`, secret);
    for (const [index, token] of identityProvider.tokens().entries()) secrets.plant(`token ${index}`, token);
    secrets.plant('the key', KEY);
    secrets.plant('a wrong secret', 'planted-wrong-secret');
    const all = await names();
    expect(all.length).toBeGreaterThan(1);
    const dumps = await Promise.all(all.map((name) => server.dumpBuffer(name)));
    await server.save();
    const held = {
      'its names': all.join('\n'),
      'its values': dumps.map((dump) => dump?.toString('latin1')).join('\n'),
      'its file': readFileSync(valkey.dumpFile, 'latin1'),
    };
    expect(secrets.findIn({ ...held, "control's log": replicas.log() })).toEqual([]);
    for (const [name, { id }] of clients) secrets.plant(`id of the ${name} client`, id);
    expect(secrets.findIn(held)).toEqual([]);
  });

  test('forgets everything by itself', async () => {
    const all = await names();
    const lives = await Promise.all(all.map((name) => server.pttl(name)));
    expect(lives.filter((life) => life === -1)).toEqual([]);
    expect(Math.max(...lives)).toBeLessThanOrEqual(300_000);
  });

  test('cannot pass one entry off as another', async () => {
    const { identityProvider, first } = replicas;
    const [one = ''] = (await names()).filter((name) => name.endsWith(':token'));
    const value = (await server.getBuffer(one)) ?? Buffer.alloc(0);
    const unreadable = await first.metric('findings_total', { finding: 'unreadable' });
    // Each of a client's keys is looked for; what is found under it was sealed under another name.
    for (const name of await names()) if (name.endsWith(':token')) await server.set(name, value, 'PX', 60_000);
    await server.set(one, value.subarray(0, -1), 'PX', 60_000);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    for (const client of Object.values(identityProvider.clients)) expect((await first.ask(client)).status).toBe(200);
    expect(await first.metric('findings_total', { finding: 'unreadable' })).toBeGreaterThan(unreadable);
  });
});
