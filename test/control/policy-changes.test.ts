import { afterEach, describe, expect, test } from 'vitest';
import type { Configuration } from '../../control/config/configuration.ts';
import { readConfigurationFile } from '../../control/config/file.ts';
import type { PolicyDocumentSource } from '../../control/config/policy-source.ts';
import { ConfigurationError } from '../../control/config/problems.ts';
import { type Booted, boot, CREDENTIALS, routeReference } from './boot.ts';
import { document } from './policy/documents.ts';

const booted: Booted[] = [];
afterEach(() => Promise.all(booted.splice(0).map((each) => each.close())));

function configurationWith(scope: string, issuer: object = {}): Configuration {
  const clientCredentials = {
    issuerRef: 'dex',
    clientId: { header: 'x-client-id' },
    clientSecret: { header: 'x-client-secret' },
    scope: { value: scope },
  };
  const text = JSON.stringify({
    version: 'v1',
    listeners: { check: { address: ':8080' } },
    issuers: { dex: { tokenEndpoint: 'https://dex.example/token', ...issuer } },
    policy: { entries: [{ id: 'default', action: 'clientCredentials', clientCredentials }] },
  });
  return readConfigurationFile('/broker.json', {}, () => Buffer.from(text));
}

function start(): Booted {
  const started = boot({ configuration: configurationWith('one') });
  booted.push(started);
  return started;
}

const check = (app: Booted, url = '/check') => app.check?.inject({ url, headers: CREDENTIALS });
const status = async (app: Booted) => (await app.admin?.inject('/status'))?.json();
const metric = async (app: Booted, name: string) =>
  (await app.admin?.inject('/metrics'))?.body.split('\n').find((line) => line.startsWith(name));
const pass = (path: string): PolicyDocumentSource =>
  document('team', [{ match: { host: '*', pathPrefix: path }, action: 'pass' }]);

test('before all sources are read nothing is let through, and nobody is told that it could be', async () => {
  const app = boot({ configuration: configurationWith('one'), applied: false });
  booted.push(app);
  app.setReady(true);
  expect(await check(app)).toMatchObject({ statusCode: 503, body: 'policy unavailable\n' });
  const answers = await Promise.all([
    app.filter?.inject('/v1/routes'),
    app.filter?.inject({ method: 'POST', url: '/v1/decide', headers: { 'x-broker-route': `a@${'0'.repeat(64)}` } }),
    app.admin?.inject('/readyz'),
  ]);
  expect(answers.map((answer) => answer?.statusCode)).toEqual([503, 503, 503]);
  app.apply(configurationWith('one'), []);
  expect((await app.admin?.inject('/readyz'))?.statusCode).toBe(200);
  expect((await check(app))?.statusCode).toBe(200);
});

describe('a change of the configuration', () => {
  test('changes the table, its revision and what the next decision is made by', async () => {
    const app = start();
    const before = await app.filter?.inject('/v1/routes');
    await check(app);
    app.apply(configurationWith('two'), []);
    await check(app);
    expect(app.tokenRequests.map(({ scope }) => scope)).toEqual(['one', 'two']);
    const headers = { 'if-none-match': String(before?.headers.etag) };
    const after = await app.filter?.inject({ url: '/v1/routes', headers });
    expect(after?.statusCode).toBe(200);
    expect(after?.headers.etag).not.toBe(before?.headers.etag);
  });

  test('ends what was asked of a route of before with 409', async () => {
    const app = start();
    const headers = { 'x-broker-route': await routeReference(app) };
    app.apply(configurationWith('two'), []);
    const answer = await app.filter?.inject({ method: 'POST', url: '/v1/decide', headers });
    expect(answer?.statusCode).toBe(409);
  });

  test('keeps the tokens that it does not touch', async () => {
    const app = start();
    await check(app);
    app.apply(configurationWith('one'), [pass('/healthz')]);
    await check(app);
    expect(app.tokenRequests).toHaveLength(1);
  });

  test('asks again where the issuer has changed', async () => {
    const app = start();
    await check(app);
    app.apply(configurationWith('one', { tokenEndpoint: 'https://other.example/token' }), []);
    await check(app);
    expect(app.tokenRequests).toHaveLength(2);
  });

  test('that is bad changes nothing, and is told of until it is mended', async () => {
    const app = start();
    const good = configurationWith('one');
    const bad = { ...good, policy: { ...good.policy, entries: [...good.policy.entries, ...good.policy.entries] } };
    expect(() => app.apply(bad, [])).toThrow(ConfigurationError);
    expect((await check(app))?.statusCode).toBe(200);
    expect(await status(app)).toMatchObject({
      problems: [{ setting: 'policy entry default', message: expect.stringContaining('comes twice') }, {}],
    });
    expect(await metric(app, 'token_broker_configuration_current')).toBe('token_broker_configuration_current 0');
    expect(app.log()).toContain('what was in force stays in force');
    app.apply(good, []);
    expect(await status(app)).toMatchObject({ problems: [] });
    expect(await metric(app, 'token_broker_configuration_current')).toBe('token_broker_configuration_current 1');
  });
});

describe('a document', () => {
  test('that is bad is told of in the log, in metrics and in /status, once', async () => {
    const app = start();
    const bad = document('team', [{ match: { host: 'a.example', pathPrefix: '/' }, action: 'planted' }]);
    app.apply(configurationWith('one'), [bad]);
    app.apply(configurationWith('one'), [bad]);
    expect(app.log().match(/a policy document is bad/g)).toHaveLength(1);
    expect(await status(app)).toMatchObject({
      ready: false,
      revision: expect.stringMatching(/^[0-9a-f]{64}$/),
      sources: [{ name: 'configmap team', entries: 0, problems: [{ setting: expect.stringContaining('entries[0]') }] }],
      closed: [{ host: 'a.example', pathPrefix: '/', methods: [] }],
    });
    expect(await metric(app, 'token_broker_policy_source_problems{')).toMatch(/\{source="configmap team"\} 1$/);
    expect(await metric(app, 'token_broker_policy_closed_regions')).toMatch(/ 1$/);
    app.apply(configurationWith('one'), [pass('/a')]);
    expect(app.log()).toContain('a policy document is good again');
    expect(await metric(app, 'token_broker_policy_source_problems{')).toMatch(/ 0$/);
  });

  test('whose region is closed is answered with 503, over /check too', async () => {
    const app = start();
    app.apply(configurationWith('one'), [document('t', [{ match: { host: '*', pathPrefix: '/bad' }, action: 'x' }])]);
    const answer = await check(app, '/check/bad/1');
    expect(answer).toMatchObject({ statusCode: 503, body: 'policy unavailable\n' });
    expect(answer?.headers['retry-after']).toBe('1');
    expect((await check(app, '/check/good'))?.statusCode).toBe(200);
  });
});

test('metrics say what is in force since when, what is revoked, and which watches fail', async () => {
  const app = start();
  const since = app.clock.now() / 1000;
  const revocations = [{ client: 'app' }, { subject: 'alice' }];
  const revoking = document('revocations', JSON.stringify({ version: 'v1', entries: [], revocations }));
  app.clock.advance(5000);
  app.apply(configurationWith('one'), [pass('/a'), revoking]);
  app.watched([
    { name: 'namespaces', synced: true, problem: undefined },
    { name: 'configmaps of namespace team-a', synced: true, problem: 'forbidden' },
  ]);
  expect(await metric(app, 'token_broker_policy_sources ')).toMatch(/ 2$/);
  expect(await metric(app, 'token_broker_policy_revocations')).toMatch(/ 2$/);
  expect(await metric(app, 'token_broker_policy_since_seconds')).toMatch(new RegExp(` ${since + 5}$`));
  expect(await metric(app, 'token_broker_policy_changes_total{')).toBe(
    'token_broker_policy_changes_total{outcome="applied"} 2',
  );
  expect(await metric(app, 'token_broker_watches_failing')).toMatch(/ 1$/);
  expect(app.log()).toMatch(/"level":"warn".*"watch":"configmaps of namespace team-a","problem":"forbidden"/);
  app.watched([]);
  expect(await metric(app, 'token_broker_watches_failing')).toMatch(/ 0$/);
});
