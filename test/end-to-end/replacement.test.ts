import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials, type DeploymentOptions } from '../support/deployment.ts';
import { leaveSecondOf } from '../support/token-second.ts';
import { useDeployment } from '../support/use-deployment.ts';

/** Each of them may ask control for a replacement at the same moment; control asks the issuer once. */
const WORKERS = 2;
/** Longer than any test takes: within it there is one replacement at most. */
const INTERVAL = { replacementIntervalMilliseconds: 600_000 };

describe('a backend that answers 401', () => {
  const deployment = useDeployment({
    plugin: INTERVAL,
    configure: (configuration) => {
      const refusal = { match: { path: '/refused-by-envoy' }, direct_response: { status: 401 } };
      configuration.routes().unshift(refusal);
    },
  });
  const counter = (name: string) => deployment().counter(`token_broker_${name}`);
  const headersOf = (client: 'first' | 'second', scope?: string) =>
    credentials(deployment().identityProvider.clients[client], scope);

  test('to the first token has it replaced once, and every worker takes the new one', async () => {
    const { backend, identityProvider } = deployment();
    const headers = headersOf('first');
    // Both workers hold the first token.
    for (let i = 0; i < 20; i++) await deployment().send({ headers });
    const [first = ''] = identityProvider.tokens();
    await leaveSecondOf(first);
    backend.answer((request) => ({ status: request.headers.authorization === `Bearer ${first}` ? 401 : 200 }));
    expect((await deployment().send({ headers })).status).toBe(401);
    await eventually(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => deployment().send({ headers })));
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    });
    expect(identityProvider.requests()).toBe(2);
    expect(identityProvider.tokens().length).toBe(2);
    const received = backend.requests.length;
    for (let i = 0; i < 20; i++) expect((await deployment().send({ headers })).status).toBe(200);
    const [, second] = identityProvider.tokens();
    for (const request of backend.requests.slice(received)) {
      expect(request.headers.authorization).toBe(`Bearer ${second}`);
    }
    await eventually(async () => expect(await counter('replacements')).toBeGreaterThanOrEqual(1));
    expect(await counter('replacements')).toBeLessThanOrEqual(WORKERS);
  });

  test('to every token has it replaced once in each interval', async () => {
    const { backend, identityProvider } = deployment();
    const headers = headersOf('second');
    backend.answer(undefined);
    await deployment().send({ headers });
    const asked = identityProvider.requests();
    await leaveSecondOf(identityProvider.tokens().at(-1) ?? '');
    backend.answer(() => ({ status: 401 }));
    const replaced = await counter('replacements');
    for (let i = 0; i < 10; i++) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => deployment().send({ headers })));
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(401));
    }
    expect(identityProvider.requests()).toBe(asked + 1);
    await eventually(async () => {
      expect(await counter('replacements')).toBeGreaterThan(replaced);
      expect(await counter('replacements_suppressed')).toBeGreaterThan(0);
    });
    backend.answer(undefined);
    expect((await deployment().send({ headers })).status).toBe(200);
    expect(identityProvider.requests()).toBe(asked + 1);
  });

  test.each([
    ["Envoy's own 401 has no token replaced", '/refused-by-envoy', 401],
    ["the backend's 403 has no token replaced", '/forbidden', 403],
  ])('%s', async (_name, path, status) => {
    const { backend, identityProvider } = deployment();
    const headers = headersOf('first', identityProvider.scopes.first);
    backend.answer((request) => ({ status: request.path === '/forbidden' ? 403 : 200 }));
    await deployment().send({ headers });
    const asked = identityProvider.requests();
    const received = backend.requests.length;
    for (let i = 0; i < 10; i++) {
      expect((await deployment().send({ path, headers })).status).toBe(status);
      expect((await deployment().send({ headers })).status).toBe(200);
    }
    expect(identityProvider.requests()).toBe(asked);
    const tokens = backend.requests.slice(received).map((request) => request.headers.authorization);
    expect(new Set(tokens)).toEqual(new Set([`Bearer ${identityProvider.tokens().at(-1)}`]));
  });
});

const REQUEST_ONLY = fileURLToPath(new URL('../../build/filter-request-only.wasm', import.meta.url));
const WITHOUT_REPLACEMENT: [string, DeploymentOptions][] = [
  ['replaceOnUnauthorized is false', { plugin: { replaceOnUnauthorized: false } }],
  ['the filter sees requests only', { configure: (configuration) => configuration.setModule(REQUEST_ONLY) }],
];

describe.each(WITHOUT_REPLACEMENT)('when %s', (_why, options) => {
  const deployment = useDeployment(options);

  test('a 401 of the backend is passed on, and the token stays', async () => {
    const { backend, identityProvider } = deployment();
    const headers = credentials(identityProvider.clients.first);
    backend.answer(() => ({ status: 401, body: 'of the backend' }));
    for (let i = 0; i < 20; i++) {
      expect(await deployment().send({ headers })).toMatchObject({ status: 401, body: 'of the backend' });
    }
    expect(identityProvider.requests()).toBe(1);
    expect(new Set(backend.requests.map((request) => request.headers.authorization)).size).toBe(1);
    expect(await deployment().counter('token_broker_replacements')).toBe(0);
  });
});
