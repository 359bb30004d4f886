import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../control/secret.ts';
import { createCertificateAuthority } from '../../../support/certificates.ts';
import { PRIMARY, problemsOf, read, readOne } from './reading.ts';

const { certificate } = createCertificateAuthority();
const { clientID, clientSecret, ...BARE } = PRIMARY;

async function clientOf(profile: object, given: Parameters<typeof read>[0] = {}) {
  const { issuers } = await read({ ...given, profiles: [{ ...BARE, ...profile }] });
  const { id, secret } = issuers.get('primary')?.client ?? {};
  return `${id?.reveal()}:${secret?.reveal()}`;
}

describe('the client of an issuer', () => {
  test('is as it stands', async () => {
    expect(await clientOf({ clientID: ' broker ', clientSecret: ' kept as it is ' })).toBe('broker: kept as it is ');
  });

  test('is in files', async () => {
    const files = { '/id': 'of-a-file\n', '/secret': 'secret-of-a-file\n' };
    expect(await clientOf({ clientIDFile: '/id', clientSecretFile: '/secret' }, { files })).toBe(
      'of-a-file:secret-of-a-file',
    );
  });

  test('is in variables, as the chart of ext-authz-token-exchange sets them', async () => {
    const profile = { clientIDEnvironment: 'OAUTH_CLIENT_ID', clientSecretEnvironment: 'OAUTH_CLIENT_SECRET' };
    const environment = { OAUTH_CLIENT_ID: 'of-a-variable', OAUTH_CLIENT_SECRET: 'secret-of-a-variable' };
    expect(await clientOf(profile, { environment })).toBe('of-a-variable:secret-of-a-variable');
  });

  test.each([
    ['the one that is named', { namespace: ' elsewhere ' }, { POD_NAMESPACE: 'pod' }, 'elsewhere'],
    ["the pod's", {}, { POD_NAMESPACE: 'pod' }, 'pod'],
    ["control's own, where nothing says", { namespace: '' }, {}, undefined],
  ])('is in Secrets of %s', async (_whose, reference, environment, namespace) => {
    const asked: (string | undefined)[] = [];
    const client = await clientOf(
      {
        clientIDSecretRef: { name: 'oauth', key: 'client_id', ...reference },
        clientSecretSecretRef: { name: 'oauth', key: 'client_secret', ...reference },
      },
      {
        environment,
        readSecret: (address) => {
          asked.push(address.namespace);
          expect(address).toMatchObject({ name: 'oauth', cluster: { name: 'in-cluster' } });
          return new Map([
            ['client_id', new Secret('of-a-secret')],
            ['client_secret', new Secret('its-secret')],
          ]);
        },
      },
    );
    expect(client).toBe('of-a-secret:its-secret');
    expect(new Set(asked)).toEqual(new Set([namespace]));
  });
});

test('numbers are texts, as Go reads them', async () => {
  const profiles = 'issuers:\n- {name: primary, tokenEndpoint: https://a.example/t, clientID: 0123, clientSecret: 1e3}';
  const { issuers } = await read({ profiles });
  expect(issuers.get('primary')?.client?.id.reveal()).toBe('0123');
  expect(issuers.get('primary')?.client?.secret?.reveal()).toBe('1e3');
});

test('an issuer may have a CA, a realm and a method of its own', async () => {
  const profile = { caFile: '/ca.pem', bearerRealm: 'issuer', tokenEndpointAuthMethod: 'client_secret_post' };
  const environment = { SSL_CERT_FILE: '/all.pem', TOKEN_EXCHANGE_BEARER_REALM: 'all' };
  const files = { '/ca.pem': certificate, '/all.pem': certificate };
  expect(await readOne(profile, { environment, files })).toMatchObject({
    caFile: '/ca.pem',
    realm: 'issuer',
    clientAuthentication: { method: 'client_secret_post' },
  });
  expect(await readOne({ bearerRealm: ' ' }, { environment, files })).toMatchObject({
    caFile: '/all.pem',
    realm: 'all',
  });
});

describe('what is wrong with the file', () => {
  test.each<readonly [string, object, RegExp]>([
    [
      'an unknown field',
      { ...PRIMARY, retries: '3' },
      /issuers\.0\.retries: is not a field; known here: name, tokenEnd/,
    ],
    ['no name', { ...PRIMARY, name: ' ' }, /issuers\[0\]\.name: "" is no name/],
    ['a name with a space', { ...PRIMARY, name: 'a b' }, /issuers\[0\]\.name: "a b" is no name/],
    ['no endpoint', { ...PRIMARY, tokenEndpoint: undefined }, /issuers\.0\.tokenEndpoint: is missing/],
    ['no URL', { ...PRIMARY, tokenEndpoint: '/token' }, /issuers\[0\]\.tokenEndpoint: "\/token" is not a URL/],
    [
      'http',
      { ...PRIMARY, tokenEndpoint: 'http://a.example' },
      /tokenEndpoint: http:\/\/ would send secrets in the clear.*TOKEN_EXCHANGE_ALLOW_HTTP_TOKEN_ENDPOINT=true/,
    ],
    ['no client', { ...PRIMARY, clientID: undefined }, /issuers\[0\]\.clientID: is missing; give it/],
    ['no secret', { ...PRIMARY, clientSecret: '' }, /issuers\[0\]\.clientSecret: is missing; give it/],
    ['two secrets', { ...PRIMARY, clientSecretFile: '/secret' }, /clientSecret: is said in several ways/],
    ['another method', { ...PRIMARY, tokenEndpointAuthMethod: 'none' }, /"none" is not one of client_secret_basic/],
    ['a realm with a quote', { ...PRIMARY, bearerRealm: 'a"b' }, /bearerRealm: "a\\"b" is no realm/],
    ['a Secret without key', { ...BARE, clientID, clientSecretSecretRef: { name: 'a' } }, /SecretRef\.key: is missing/],
    ['a missing file', { ...BARE, clientID, clientSecretFile: '/none' }, /\/none cannot be read \(ENOENT\)/],
  ])('is told of: %s', async (_what, profile, problem) => {
    const problems = await problemsOf({ profiles: [profile] });
    expect(problems).toMatch(/^\/profiles\.yaml: issuers/);
    expect(problems).toMatch(problem);
    expect(problems).not.toContain(clientSecret);
  });

  test('is told of: two with one name, no YAML, no file', async () => {
    expect(await problemsOf({ profiles: [PRIMARY, PRIMARY] })).toMatch(/issuers\[1\]\.name: comes twice/);
    expect(await problemsOf({ profiles: 'issuers: [' })).toMatch(/^\/profiles\.yaml: line 1, column 11: is not YAML/);
    const environment = { TOKEN_EXCHANGE_ISSUER_PROFILES_FILE: '/none' };
    expect(await problemsOf({ environment })).toMatch(/^TOKEN_EXCHANGE_ISSUER_PROFILES_FILE: \/none cannot be read/);
  });
});
