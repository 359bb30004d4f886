import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { Login } from '../support/gateway/callers.ts';
import { FILTER_FILES, type GatewayDeployment } from '../support/gateway/gateway-deployment.ts';
import { useGateway } from '../support/gateway/use-gateway.ts';
import { CLIENT_CREDENTIALS, type Policy } from '../support/policy-file.ts';

const MILLISECONDS = 30_000;
const login = new Login();
beforeAll(() => login.start());
afterAll(() => login.stop());

const POLICY: Policy = { unmatched: 'deny', entries: [{ id: 'all', action: CLIENT_CREDENTIALS }] };

/** A secret that nobody has sent before: whatever asks the OAuth server about it is counted. */
const guess = () => ({ 'x-client-id': 'first-client', 'x-client-secret': randomUUID() });
const tokenRequests = (gateway: GatewayDeployment) => gateway.identityProvider.requests();

describe('a Gateway that judges callers', () => {
  const gateway = useGateway({
    files: [...FILTER_FILES, 'callers'],
    changes: { callers: login.change },
    policy: () => POLICY,
  });

  test('asks for a token for those who may call', async () => {
    const before = tokenRequests(gateway());
    const answer = await gateway().send({ headers: { ...guess(), ...login.headers() } });
    expect(answer).toMatchObject({ status: 401, body: 'token request failed\n' });
    expect(tokenRequests(gateway())).toBe(before + 1);
  });

  test.each([
    ['has no JWT', () => ({}), 401],
    ['has the JWT of another application', () => login.headers({ aud: 'invoices' }), 403],
    ['has an expired JWT', () => login.headers({ exp: 1 }), 401],
    ['is in no group that may', () => login.headers({ groups: ['invoices-users'] }), 403],
  ])('asks for none for a caller who %s', async (_who, headers, status) => {
    const before = tokenRequests(gateway());
    const answer = await gateway().send({ headers: { ...guess(), ...headers() } });
    expect(answer.status).toBe(status);
    expect(tokenRequests(gateway())).toBe(before);
    expect(gateway().backend.requests).toEqual([]);
  });

  test('asks for none for a caller who comes too often', async () => {
    gateway().apply('rate-limit', ([policy]) => {
      policy.spec.rateLimit.local.rules[0].limit = { requests: 3, unit: 'Hour' };
    });
    await eventually(async () => {
      expect((await gateway().send({ headers: { ...guess(), ...login.headers() } })).status).toBe(429);
    }, MILLISECONDS);
    const before = tokenRequests(gateway());
    for (let i = 0; i < 5; i++) {
      expect((await gateway().send({ headers: { ...guess(), ...login.headers() } })).status).toBe(429);
    }
    expect(tokenRequests(gateway())).toBe(before);
  });
});

describe("a Gateway that judges callers, with Envoy Gateway's own order of filters", () => {
  const gateway = useGateway({
    files: [...FILTER_FILES, 'callers'],
    changes: {
      callers: login.change,
      'envoy-proxy': ([proxy]) => {
        proxy.spec.filterOrder = [];
      },
    },
    policy: () => POLICY,
  });

  test('asks for a token for somebody who is then refused', async () => {
    const before = tokenRequests(gateway());
    await gateway().send({ headers: { ...guess(), ...login.headers({ groups: ['invoices-users'] }) } });
    expect(tokenRequests(gateway())).toBe(before + 1);
  });
});
