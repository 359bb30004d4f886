import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ControlCertificates } from '../support/gateway/control-certificates.ts';
import { FILTER_FILES, type GatewayOptions } from '../support/gateway/gateway-deployment.ts';
import { Login } from '../support/gateway/login.ts';
import { useGateway } from '../support/gateway/use-gateway.ts';
import { credentialsOf } from '../support/policy-file.ts';

const login = new Login();
const certificates = new ControlCertificates();
beforeAll(() => login.start());
afterAll(async () => {
  certificates.remove();
  await login.stop();
});

const WITH_FILTER: GatewayOptions = { files: [...FILTER_FILES, 'callers'], changes: { callers: login.moveHere } };
const OVER_GRPC: GatewayOptions = {
  files: ['envoy-proxy', 'client-traffic', 'ext-authz-grpc'],
  changes: { 'ext-authz-grpc': login.joinTo },
  resources: [certificates.secret()],
  control: certificates.environmentFor('GRPC'),
};

describe.each([
  ['with the filter', WITH_FILTER],
  ['that asks control over gRPC', OVER_GRPC],
])('a Gateway %s, whose policy reads what SecurityPolicy.jwt verified', (_way, options) => {
  const gateway = useGateway({
    ...options,
    policy: ({ clients }) => ({
      unmatched: 'deny',
      entries: [
        {
          id: 'orders',
          ...credentialsOf(clients.first),
          authenticate: {
            envoyClaims: [
              { claim: 'login.sub', present: true },
              { claim: 'login.tenant', oneOf: ['acme', 'globex'] },
            ],
          },
        },
      ],
    }),
  });
  const send = (claims: object) => {
    const token = gateway().secrets.plant(`JWT with ${JSON.stringify(claims)}`, login.tokenOf(claims));
    return gateway().send({ headers: { authorization: `Bearer ${token}` } });
  };

  test("gives the backend the operator's token in place of the caller's, and asks for one once", async () => {
    const { backend, identityProvider } = gateway();
    for (const claims of [{ tenant: 'acme' }, { tenant: 'acme', jti: 'another' }, { tenant: 'globex', sub: 'bob' }]) {
      expect((await send(claims)).status).toBe(200);
      expect(backend.last().headers.authorization).toBe(`Bearer ${identityProvider.tokens().at(-1)}`);
    }
    expect(identityProvider.requests()).toBe(1);
  });

  test.each([
    ['another tenant', { tenant: 'other' }, 403],
    ['no tenant', {}, 401],
    ['a tenant that is a number', { tenant: 1 }, 403],
  ])('refuses a JWT with %s', async (_what, claims, status) => {
    const received = gateway().backend.requests.length;
    expect((await send(claims)).status).toBe(status);
    expect(gateway().backend.requests.length).toBe(received);
  });
});
