import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { FILTER_FILES, type GatewayDeployment, type GatewayOptions } from '../support/gateway/gateway-deployment.ts';
import { Login } from '../support/gateway/login.ts';
import { useGateway } from '../support/gateway/use-gateway.ts';

const MILLISECONDS = 30_000;
const login = new Login();
beforeAll(() => login.start());
afterAll(() => login.stop());

const WITH_FILTER: GatewayOptions = { files: [...FILTER_FILES, 'callers'], changes: { callers: login.moveHere } };
const WITH_EXT_AUTHZ: GatewayOptions = {
  files: ['envoy-proxy', 'client-traffic', 'ext-authz-http'],
  changes: { 'ext-authz-http': login.joinTo },
};
const WAYS: [string, GatewayOptions][] = [
  ['the filter', WITH_FILTER],
  ['ext_authz', WITH_EXT_AUTHZ],
];

/** Sends a secret that nobody has sent before: where the broker gets to see it, it asks the OAuth server. */
async function guessSecret(gateway: GatewayDeployment, token?: string) {
  const secret = randomUUID();
  gateway.secrets.plant(`guess ${secret.slice(0, 8)}`, secret);
  const headers = { 'x-client-id': gateway.identityProvider.clients.first.id, 'x-client-secret': secret };
  const authorization = token === undefined ? {} : { authorization: `Bearer ${gateway.secrets.plant('JWT', token)}` };
  const before = gateway.identityProvider.requests();
  const { status } = await gateway.send({ headers: { ...headers, ...authorization } });
  return { status, tokenRequests: gateway.identityProvider.requests() - before };
}

describe.each(WAYS)('a Gateway that judges callers before %s', (_way, options) => {
  const gateway = useGateway(options);

  test('makes the OAuth server work for those who may call', async () => {
    expect(await guessSecret(gateway(), login.tokenOf())).toEqual({ status: 401, tokenRequests: 1 });
  });

  test.each([
    ['has no JWT', () => undefined, 401],
    ['has the JWT of another application', () => login.tokenOf({ aud: 'invoices' }), 403],
    ['has an expired JWT', () => login.tokenOf({ exp: 1 }), 401],
    ['is in no group that may call', () => login.tokenOf({ groups: ['invoices-users'] }), 403],
  ])('does not make it work for somebody who %s', async (_who, token, status) => {
    expect(await guessSecret(gateway(), token())).toEqual({ status, tokenRequests: 0 });
    expect(gateway().backend.requests).toEqual([]);
  });

  test('does not make it work for somebody who comes too often', async () => {
    gateway().apply('rate-limit', ([policy]) => {
      policy.spec.rateLimit.local.rules[0].limit = { requests: 3, unit: 'Hour' };
    });
    const refused = { status: 429, tokenRequests: 0 };
    await eventually(async () => expect(await guessSecret(gateway(), login.tokenOf())).toEqual(refused), MILLISECONDS);
    for (let i = 0; i < 5; i++) expect(await guessSecret(gateway(), login.tokenOf())).toEqual(refused);
  });
});

describe.each(WAYS)("a Gateway with %s in Envoy Gateway's own order of filters", (_way, options) => {
  const gateway = useGateway({
    ...options,
    changes: {
      ...options.changes,
      'envoy-proxy': ([proxy]) => {
        proxy.spec.filterOrder = [];
      },
    },
  });

  test('makes the OAuth server work for somebody who may not call', async () => {
    const token = login.tokenOf({ groups: ['invoices-users'] });
    expect(await guessSecret(gateway(), token)).toMatchObject({ tokenRequests: 1 });
  });
});
