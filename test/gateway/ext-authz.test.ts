import { afterAll, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { credentials } from '../support/deployment.ts';
import { ControlCertificates } from '../support/gateway/control-certificates.ts';
import type { GatewayOptions } from '../support/gateway/gateway-deployment.ts';
import { useGateway } from '../support/gateway/use-gateway.ts';

const certificates = new ControlCertificates();
afterAll(() => certificates.remove());

const OVER_HTTP: GatewayOptions = { files: ['envoy-proxy', 'client-traffic', 'ext-authz-http'] };
const OVER_GRPC: GatewayOptions = {
  files: ['envoy-proxy', 'client-traffic', 'ext-authz-grpc'],
  resources: [certificates.secret()],
  control: certificates.environmentFor('GRPC'),
};

describe.each([
  [
    'HTTP',
    OVER_HTTP,
    // Envoy joins them, and the OAuth server knows no such client.
    { twice: { status: 401, body: 'token request failed\n' }, withoutIssuer: { status: 503, body: '' } },
  ],
  [
    'gRPC',
    OVER_GRPC,
    {
      twice: { status: 400, body: 'header sent more than once\n' },
      withoutIssuer: { status: 503, body: 'oauth provider unavailable\n' },
    },
  ],
])('a Gateway whose SecurityPolicy asks control over %s', (_way, options, { twice, withoutIssuer }) => {
  const gateway = useGateway(options);
  const clients = () => gateway().identityProvider.clients;

  test.each(['a miss', 'a hit'])('gives the backend a token in place of the credentials, on %s', async () => {
    const { backend, identityProvider } = gateway();
    const headers = { ...credentials(clients().first, identityProvider.scopes.first), authorization: 'Bearer own' };
    const answer = await gateway().send({ path: '/orders?page=1', headers: { ...headers, 'x-other': 'stays' } });
    expect(answer.status).toBe(200);
    expect(backend.last().path).toBe('/orders?page=1');
    const token = `Bearer ${identityProvider.tokens().at(-1)}`;
    expect(backend.last().headers).toMatchObject({ authorization: token, 'x-other': 'stays' });
    for (const name of ['x-client-id', 'x-client-secret', 'x-scope']) {
      expect(backend.last().headers[name]).toBeUndefined();
    }
    expect(identityProvider.requests()).toBe(1);
  });

  test.each([
    ['without credentials', () => ({}), 401, 'missing credentials\n'],
    ['with a wrong secret', () => credentials({ ...clients().first, secret: 'wrong' }), 401, 'token request failed\n'],
    ['with too long an id', () => ({ 'x-client-id': 'i'.repeat(257), 'x-client-secret': 's' }), 400, 'too long\n'],
  ])('refuses a request %s', async (_how, headers, status, body) => {
    const received = gateway().backend.requests.length;
    const answer = await gateway().send({ headers: headers() });
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(body);
    expect(answer.headers['content-type']).toContain('text/plain');
    expect('www-authenticate' in answer.headers).toBe(status === 401);
    expect(gateway().backend.requests.length).toBe(received);
  });

  test('sends credentials that came twice to nobody', async () => {
    const received = gateway().backend.requests.length;
    const { id, secret } = clients().first;
    const answer = await gateway().send({ headers: { 'x-client-id': [id, id], 'x-client-secret': secret } });
    expect(answer).toMatchObject(twice);
    expect(gateway().backend.requests.length).toBe(received);
  });

  test('answers 503 while the issuer or control is out of reach, and recovers', async () => {
    const { backend, identityProvider } = gateway();
    const headers = credentials(clients().second, identityProvider.scopes.second);
    const received = backend.requests.length;
    identityProvider.disturb({ hangsUp: true });
    expect(await gateway().send({ headers })).toMatchObject(withoutIssuer);
    identityProvider.disturb(undefined);
    await gateway().stopControl();
    expect(await gateway().send({ headers })).toMatchObject({ status: 503, body: '' });
    expect(backend.requests.length).toBe(received);
    await gateway().startControl();
    await eventually(async () => expect((await gateway().send({ headers })).status).toBe(200), 20_000);
  });
});
