import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { createMinterPool } from '../../../control/mint/minter.ts';
import { createLogger } from '../../../control/server/logger.ts';
import { createMetrics } from '../../../control/server/metrics/metrics.ts';
import { createIssuerObserver } from '../../../control/server/observers.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { boot } from '../boot.ts';
import { issuerAt, refusalOf, tokenRequest } from '../mint/minting.ts';

const PAGE = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');

test('docs/metrics.md has every metric, and no other', async () => {
  const booted = boot();
  const { body = '' } = (await booted.admin?.inject({ url: '/metrics' })) ?? {};
  await booted.close();
  const registered = [...body.matchAll(/^# HELP ((?:token_broker|ext_authz)_\w+) /gm)].map(([, name]) => name);
  const rows = PAGE.split('\n').filter((line) => /^\| `(?:token_broker|ext_authz)_/.test(line));
  const documented = rows.flatMap((row) => row.split('|')[1]?.match(/(?:token_broker|ext_authz)_\w+/g) ?? []);
  expect(documented.toSorted()).toEqual(registered.toSorted());
});

describe('token requests', () => {
  const clock = new ManualClock();
  const metrics = createMetrics('test');
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => lines.push(line) });
  const answers: (() => Promise<Response>)[] = [];
  const pool = createMinterPool(
    {
      clock,
      observer: createIssuerObserver(metrics, logger),
      fetch: () => answers.shift()?.() ?? Promise.reject(new Error('no answer')),
      random: () => 0,
    },
    ({ name }) => name,
  );
  metrics.issuers.watch(() => pool.loads());
  const budget = { concurrency: 1, rate: 1000, burst: 1000, breakerFailures: 1, breakerOpen: 1000 };
  const minter = pool.use(new Map([['issuer', issuerAt('https://issuer.example/token', { budget })]]));
  const token = async () => Response.json({ access_token: 'planted', token_type: 'bearer', expires_in: 60 });
  const samples = () => metrics.registry.metrics();
  afterEach(async () => expect(await samples()).not.toContain('planted'));

  test('are counted by issuer and outcome', async () => {
    answers.push(token, async () => Response.json({ error: 'invalid_client' }, { status: 401 }));
    await minter.mint(tokenRequest());
    await refusalOf(minter.mint(tokenRequest('planted-id', 'planted-secret')));
    expect(await samples()).toContain('token_broker_token_requests_total{issuer="issuer",outcome="token"} 1\n');
    expect(await samples()).toContain(
      'token_broker_token_requests_total{issuer="issuer",outcome="credentials_rejected"} 1\n',
    );
    expect(await samples()).toContain('token_broker_token_request_duration_seconds_count{issuer="issuer"} 2\n');
  });

  test('that are under way, and those that wait for their turn, are shown', async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    answers.push(() => promise, token);
    const both = [minter.mint(tokenRequest()), minter.mint(tokenRequest('other', 'other'))];
    expect(await samples()).toContain('token_broker_token_requests_in_flight{issuer="issuer",state="sent"} 1\n');
    expect(await samples()).toContain('token_broker_token_requests_in_flight{issuer="issuer",state="waiting"} 1\n');
    resolve(await token());
    await Promise.all(both);
    expect(await samples()).toContain('token_broker_token_requests_in_flight{issuer="issuer",state="sent"} 0\n');
  });

  test('that are not sent because the issuer is left alone show in its breaker, and in the log', async () => {
    const breaker = 'token_broker_issuer_breaker_open{issuer="issuer",credentials="known"}';
    answers.push(async () => new Response('', { status: 500 }));
    await refusalOf(minter.mint(tokenRequest()));
    expect(await samples()).toContain(`${breaker} 1\n`);
    expect(lines.join('')).toMatch(/"level":"warn".*"issuer":"issuer".*"credentials":"known".*"breaker":"open"/);
    clock.advance(1001);
    answers.push(token);
    await minter.mint(tokenRequest());
    expect(await samples()).toContain(`${breaker} 0\n`);
    await pool.close();
  });
});
