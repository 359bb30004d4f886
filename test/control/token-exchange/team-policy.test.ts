/** "Team Policy Configuration" of ext-authz-token-exchange's configuration reference, behaviour by behaviour. */
import { describe, expect, test } from 'vitest';
import { EXCHANGE, entry, issued, startOriginal } from './original.ts';

const deny = (match: object) => ({
  match: { host: 'api.example.com', pathPrefix: '/orders', ...match },
  action: 'deny',
});
const EXCHANGED = { status: 200, headers: { authorization: 'Bearer exchanged' } };
const CLOSED = {
  status: 503,
  body: { error: 'server_error', error_description: 'internal server error' },
  headers: { 'content-type': 'application/json' },
};

describe('Policy file', () => {
  test('version must be v1', async () => {
    const { problems } = await startOriginal({ documents: { 'team-a/orders': 'version: v2\nentries: []' } });
    expect(problems()).toEqual(['must be v1']);
  });

  test('entries are as the reference shows them, in YAML', async () => {
    const text = `
      version: v1
      entries:
        - match:
            host: api.example.com
            pathPrefix: /orders
            methods: ["GET", "POST"]
          action: exchange
          exchange:
            issuerRef: primary
            scope: read:orders
            resources:
              - https://api.example.com/orders
            audiences:
              - orders-api`;
    const { send, problems } = await startOriginal({ documents: { 'team-a/orders': text } });
    expect(problems()).toEqual([]);
    expect(await send()).toMatchObject(EXCHANGED);
    expect(await send({ method: 'DELETE' })).toEqual({ status: 200, body: '', headers: {} });
  });

  test('unknown fields are rejected', async () => {
    const { send, problems } = await startOriginal({ documents: { 'team-a/orders': [entry({ retries: 3 })] } });
    expect(problems()).toEqual([expect.stringMatching(/^is not a field/)]);
    expect(await send()).toMatchObject(CLOSED);
  });

  test('a ConfigMap without config.yaml is invalid policy', async () => {
    const { problems } = await startOriginal({ documents: { 'team-a/orders': undefined } });
    expect(problems()).toEqual(['has no config.yaml under data; put the document there']);
  });
});

describe('Policy entries', () => {
  test.each(['api.example.com', ' API.Example.COM ', 'api.example.com:8443'])(
    'match.host %j is trimmed, lower case and without port',
    async (host) => {
      const { send } = await startOriginal({ documents: { 'team-a/orders': [entry({}, { host })] } });
      for (const asked of ['api.example.com', 'API.example.com', 'api.example.com:443']) {
        expect(await send({ host: asked })).toMatchObject(EXCHANGED);
      }
      expect(await send({ host: 'other.example.com' })).toEqual({ status: 200, body: '', headers: {} });
    },
  );

  test('match.host is required', async () => {
    const { problems } = await startOriginal({ documents: { 'team-a/orders': [entry({}, { host: undefined })] } });
    expect(problems()).toEqual(['is missing; set it']);
  });

  test('match.pathPrefix gets the slash that it lacks', async () => {
    const { send } = await startOriginal({ documents: { 'team-a/orders': [entry({}, { pathPrefix: 'orders' })] } });
    expect(await send()).toMatchObject(EXCHANGED);
  });

  test('match.pathPrefix is required', async () => {
    const documents = { 'team-a/orders': [entry({}, { pathPrefix: undefined })] };
    expect((await startOriginal({ documents })).problems()).toEqual(['is missing; set it']);
  });

  test('the longest path prefix wins', async () => {
    const documents = { 'team-a/orders': [entry(), deny({ pathPrefix: '/orders/1' })] };
    const { send } = await startOriginal({ documents });
    expect((await send({ path: '/orders/1/items' })).status).toBe(403);
    expect(await send({ path: '/orders/2' })).toMatchObject(EXCHANGED);
  });

  test('match.methods are trimmed and upper case', async () => {
    const { send } = await startOriginal({ documents: { 'team-a/orders': [deny({ methods: [' get ', 'Post'] })] } });
    const statuses = ['GET', 'POST', 'PUT'].map(async (method) => (await send({ method })).status);
    expect(await Promise.all(statuses)).toEqual([403, 403, 200]);
  });

  test.each([[undefined], [[]], [['*']], [['', '*', 'GET']]])('match.methods %j are all methods', async (methods) => {
    const { send } = await startOriginal({ documents: { 'team-a/orders': [deny({ methods })] } });
    const statuses = ['GET', 'PATCH', 'PURGE'].map(async (method) => (await send({ method })).status);
    expect(await Promise.all(statuses)).toEqual([403, 403, 403]);
  });

  test.each(['exchange', ' Exchange '])('action %j exchanges', async (action) => {
    const { send } = await startOriginal({ documents: { 'team-a/orders': [entry({ action })] } });
    expect(await send()).toMatchObject(EXCHANGED);
  });

  test('action deny refuses without asking the issuer, and its exchange is ignored', async () => {
    const documents = { 'team-a/orders': [entry({ action: 'DENY', exchange: { nonsense: true } })] };
    const { send, issuer, problems } = await startOriginal({ documents });
    expect(await send()).toMatchObject({ status: 403, body: { error: 'policy_denied' } });
    expect(issuer.requests).toEqual([]);
    expect(problems()).toEqual([]);
  });

  test.each([undefined, 'allow'])('action %j closes the region', async (action) => {
    const { send } = await startOriginal({ documents: { 'team-a/orders': [entry({ action })] } });
    expect(await send()).toMatchObject(CLOSED);
  });

  test('exchange is required for action exchange', async () => {
    const { send } = await startOriginal({ documents: { 'team-a/orders': [entry({ exchange: undefined })] } });
    expect(await send()).toMatchObject(CLOSED);
  });

  test('what two entries claim is closed, and nothing else', async () => {
    const documents = { 'team-a/orders': [entry()], 'team-b/orders': [deny({}), deny({ pathPrefix: '/other' })] };
    const { send } = await startOriginal({ documents });
    expect(await send()).toMatchObject(CLOSED);
    expect((await send({ path: '/other' })).status).toBe(403);
  });
});

describe('Exchange fields', () => {
  async function form(exchange: object) {
    const documents = { 'team-a/orders': [entry({ exchange: { issuerRef: 'primary', ...exchange } })] };
    const { send, issuer } = await startOriginal({ documents, respond: issued() });
    expect(await send()).toMatchObject(EXCHANGED);
    return issuer.requests[0]?.form;
  }

  test('exchange.scope is one parameter', async () => {
    expect((await form({ scope: ' read:orders write:orders ' }))?.getAll('scope')).toEqual([
      'read:orders write:orders',
    ]);
  });

  test('exchange.resources are repeated, without empty ones', async () => {
    const resources = [' https://a.example/orders ', '', 'https://b.example/orders'];
    const expected = ['https://a.example/orders', 'https://b.example/orders'];
    expect((await form({ resources }))?.getAll('resource')).toEqual(expected);
  });

  test('exchange.audiences are repeated, without empty ones', async () => {
    expect((await form({ audiences: ['orders-api', ' ', 'billing-api'] }))?.getAll('audience')).toEqual([
      'orders-api',
      'billing-api',
    ]);
  });

  test('all of them are sent, and none takes the place of another', async () => {
    const parameters = await form({ scope: 'read', resources: ['https://a.example/'], audiences: ['a'] });
    expect(parameters?.getAll('scope')).toEqual(['read']);
    expect(parameters?.getAll('resource')).toEqual(['https://a.example/']);
    expect(parameters?.getAll('audience')).toEqual(['a']);
  });

  test.each([
    ['none of the three', { issuerRef: 'primary', scope: ' ', resources: [''], audiences: [] }],
    ['no issuerRef', { scope: 'read' }],
    ['an unknown issuerRef', { ...EXCHANGE, issuerRef: 'elsewhere' }],
    ['a token endpoint', { ...EXCHANGE, tokenEndpoint: 'https://attacker.example/token' }],
  ])('%s closes the region', async (_what, exchange) => {
    const { send, issuer } = await startOriginal({ documents: { 'team-a/orders': [entry({ exchange })] } });
    expect(await send()).toMatchObject(CLOSED);
    expect(issuer.requests).toEqual([]);
  });
});

test('without a file of profiles an exchange is closed, and a deny holds', async () => {
  const environment = { TOKEN_EXCHANGE_ISSUER_PROFILES_FILE: '', GRPC_PORT: '3001' };
  const documents = { 'team-a/orders': [entry(), deny({ pathPrefix: '/denied' })] };
  const { send, problems } = await startOriginal({ environment, documents });
  expect(await send()).toMatchObject(CLOSED);
  expect((await send({ path: '/denied' })).status).toBe(403);
  expect(problems()).toEqual([expect.stringContaining('primary')]);
});

describe('Invalid policy', () => {
  test('fails closed in its region, and others go on', async () => {
    const bad = entry({ exchange: { ...EXCHANGE, issuerRef: 'elsewhere' } }, { pathPrefix: '/bad', methods: ['GET'] });
    const { send } = await startOriginal({ documents: { 'team-a/orders': [entry(), bad] } });
    expect(await send({ path: '/bad/1' })).toMatchObject(CLOSED);
    expect(await send({ path: '/bad/1', method: 'POST' })).toMatchObject({ status: 200, headers: {} });
    expect(await send()).toMatchObject(EXCHANGED);
  });

  test('a document that is no YAML leaves those of other teams alone', async () => {
    const { send } = await startOriginal({ documents: { 'team-a/orders': [entry()], 'team-b/broken': 'entries: [' } });
    expect(await send()).toMatchObject(EXCHANGED);
  });

  test('it closes the hosts of its namespace where these are known', async () => {
    const environment = { CONFIGMAP_NAMESPACE_HOSTS: '{"team-a":["api.example.com"],"team-b":["b.example"]}' };
    const documents = { 'team-a/orders': [entry()], 'team-b/broken': 'entries: [' };
    const { send } = await startOriginal({ environment, documents });
    expect(await send()).toMatchObject(EXCHANGED);
    expect(await send({ host: 'b.example' })).toMatchObject(CLOSED);
  });
});
