import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { Valkey } from '../../tools/launch/valkey.ts';
import { Replicas } from './support/replicas.ts';

let valkey: Valkey;
let replicas: Replicas;

beforeAll(async () => {
  valkey = await Valkey.start();
  replicas = await Replicas.start({
    files: { next: 'bmV4dC1rZXktb2YtdGhlLXNoYXJlZC1jYWNoZS0tLS0=' },
    shared: (directory) => ({ url: `unix:${valkey.socketPath}`, keys: [{ file: `${directory}/key` }] }),
  });
  await replicas.connected();
});

afterAll(async () => {
  await replicas?.stop();
  await valkey?.stop();
});

/** Has both replicas take other keys, which they read within a second or so. */
async function use(...keys: string[]): Promise<void> {
  const path = `${replicas.directory}/control.yaml`;
  const document = JSON.parse(readFileSync(path, 'utf8'));
  document.cache.shared.keys = keys.map((name) => ({ file: `${replicas.directory}/${name}` }));
  const changes = () => replicas.both.map(({ control }) => applied(control.adminPort));
  const before = await Promise.all(changes());
  writeFileSync(path, JSON.stringify(document));
  await eventually(async () => {
    const now = await Promise.all(changes());
    expect(now.every((count, index) => count > (before[index] ?? 0))).toBe(true);
  });
}

async function applied(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/token_broker_policy_changes_total\{outcome="applied"\} (\d+)/.exec(text)?.[1] ?? 0);
}

test('keys are rotated while replicas run, and no token is obtained again', async () => {
  const { identityProvider, first, second } = replicas;
  const { first: client, second: other } = identityProvider.clients;
  const { requests } = await replicas.counting(async () => {
    await first.ask(client);
    await use('key', 'next');
    await use('next', 'key');
    // Sealed by the former key, read by one that seals by the next.
    await second.ask(client);
    // Sealed by the next, read by both.
    await second.ask(other);
    await first.ask(other);
    await use('next');
    await first.ask(other);
    await second.ask(other);
  });
  expect(requests).toBe(2);
  for (const replica of replicas.both)
    expect(await replica.metric('findings_total', { finding: 'unreadable' })).toBe(0);
});
