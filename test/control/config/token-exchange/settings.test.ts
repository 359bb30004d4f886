import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../../../control/config/configuration.ts';
import { createCertificateAuthority } from '../../../support/certificates.ts';
import { PRIMARY, problemsOf, read, readOne } from './reading.ts';

const { certificate, key } = createCertificateAuthority().issue('localhost');
const files = { '/tls.crt': certificate, '/tls.key': key, '/ca.pem': certificate };
const PAIR = { GRPC_TLS_CERT_FILE: '/tls.crt', GRPC_TLS_KEY_FILE: '/tls.key' };

test('the defaults are those of ext-authz-token-exchange, and ours beside it', async () => {
  const { listeners, policy, issuers, warnings, logLevel } = await read({ profiles: [PRIMARY] });
  expect(listeners).toEqual({
    grpc: { address: { host: '', port: 3001 } },
    filter: { address: { host: '127.0.0.1', port: 8081 } },
    admin: { address: { host: '127.0.0.1', port: 8082 } },
  });
  expect(policy).toMatchObject({
    ...{ entries: [], unmatched: 'pass', refusals: 'json', unauthenticatedOptions: 'preflight' },
    configMaps: {
      cluster: { name: 'in-cluster', access: { host: '10.0.0.1', port: 443 } },
      selector: 'ext-authz-token-exchange.magneticflux.net/enabled=true',
      namespaces: { kind: 'labels', selector: 'ext-authz-token-exchange.magneticflux.net/policy=enabled' },
      key: 'config.yaml',
      hosts: undefined,
    },
  });
  expect(issuers.get('primary')).toMatchObject({
    tokenEndpoint: new URL('https://issuer.example/token'),
    timeout: 750,
    timeouts: { connect: 3000, tlsHandshake: 3000, headers: 500, idle: 90_000 },
    clientAuthentication: { method: 'client_secret_basic' },
    exchange: {
      grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subjectTokenType: 'urn:ietf:params:oauth:token-type:access_token',
      issuedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
      checksIssuedTokenType: true,
    },
    realm: 'ext-authz-token-exchange',
    showErrors: false,
  });
  expect(logLevel).toBe('info');
  expect(warnings).toEqual([
    expect.stringContaining('the gRPC listener takes any client'),
    expect.stringContaining('CONFIGMAP_NAMESPACE_HOSTS does not say which namespaces may claim which hosts'),
  ]);
});

describe('listeners', () => {
  test.each<readonly [Record<string, string>, Partial<Configuration['listeners']>]>([
    [{ GRPC_PORT: ' 4001 ' }, { grpc: { address: { host: '', port: 4001 }, tls: undefined } }],
    [
      { GRPC_TLS_PORT: '4000', ...PAIR },
      {
        grpc: { address: { host: '', port: 3001 }, tls: undefined },
        grpcTls: {
          address: { host: '', port: 4000 },
          tls: { certificateFile: '/tls.crt', keyFile: '/tls.key', clientCaFile: undefined },
        },
      },
    ],
    [{ METRICS_ENABLED: 'yes' }, { metrics: { address: { host: '', port: 3002 }, tls: undefined, path: '/metrics' } }],
    [
      { METRICS_ENABLED: 'on', METRICS_PORT: '9', METRICS_PATH: '/custom/metrics' },
      { metrics: { address: { host: '', port: 9 }, tls: undefined, path: '/custom/metrics' } },
    ],
    [{ LISTEN_ADDR: ':8080' }, { check: { address: { host: '', port: 8080 }, tls: undefined } }],
    [{ FILTER_LISTEN_ADDR: 'off' }, { filter: undefined }],
  ])('are %j', async (environment, listeners) => {
    expect((await read({ environment, files })).listeners).toMatchObject(listeners);
  });

  test('TLS is read with client certificates', async () => {
    const environment = { ...PAIR, GRPC_TLS_CLIENT_CA_FILE: '/ca.pem' };
    const { grpcTls } = (await read({ environment, files })).listeners;
    expect(grpcTls).toMatchObject({ address: { host: '', port: 3000 }, tls: { clientCaFile: '/ca.pem' } });
  });
});

describe('what is wrong', () => {
  test.each<readonly [Record<string, string>, RegExp]>([
    [{ GRPC_PORT: 'grpc' }, /^GRPC_PORT: "grpc" is not a whole number from 0 to 65535/],
    [{ GRPC_TLS_CERT_FILE: '/tls.crt' }, /^GRPC_TLS_KEY_FILE: is missing; set GRPC_TLS_CERT_FILE and GRPC_TLS_KEY/],
    [{ GRPC_TLS_KEY_FILE: '/tls.key' }, /^GRPC_TLS_CERT_FILE: is missing/],
    [{ METRICS_ENABLED: 'true', METRICS_PATH: 'metrics' }, /^METRICS_PATH: "metrics" is not a path/],
    [{ METRICS_ENABLED: 'perhaps' }, /^METRICS_ENABLED: "perhaps" is not true or false/],
    [
      { TOKEN_ENDPOINT_AUTH_METHOD: 'none' },
      /^TOKEN_ENDPOINT_AUTH_METHOD: "none" is not one of client_secret_basic, cl/,
    ],
    [{ TOKEN_ENDPOINT_REQUEST_TIMEOUT: '0s' }, /^TOKEN_ENDPOINT_REQUEST_TIMEOUT: "0s" is not from 1ms to 24h/],
    [{ TOKEN_ENDPOINT_DIAL_TIMEOUT: '-1s' }, /^TOKEN_ENDPOINT_DIAL_TIMEOUT: "-1s" is not from 1ms/],
    [{ TOKEN_ENDPOINT_IDLE_CONN_TIMEOUT: 'soon' }, /^TOKEN_ENDPOINT_IDLE_CONN_TIMEOUT: "soon" is not a duration/],
    [{ TOKEN_ENDPOINT_MAX_IDLE_CONNS: '-1' }, /^TOKEN_ENDPOINT_MAX_IDLE_CONNS: "-1" is not from 0/],
    [{ TOKEN_ENDPOINT_MAX_IDLE_CONNS_PER_HOST: 'x' }, /^TOKEN_ENDPOINT_MAX_IDLE_CONNS_PER_HOST: "x" is not a whole/],
    [{ TOKEN_EXCHANGE_ERROR_PASSTHROUGH: 'maybe' }, /^TOKEN_EXCHANGE_ERROR_PASSTHROUGH: "maybe" is not true or false/],
    [{ TOKEN_EXCHANGE_SUBJECT_TOKEN_TYPE: 'jwt' }, /^TOKEN_EXCHANGE_SUBJECT_TOKEN_TYPE: "jwt" is no token type/],
    [{ TOKEN_EXCHANGE_GRANT_TYPE: 'a b' }, /^TOKEN_EXCHANGE_GRANT_TYPE: "a b" is no grant type/],
    [{ TOKEN_EXCHANGE_BEARER_REALM: 'a"b' }, /^TOKEN_EXCHANGE_BEARER_REALM: "a\\"b" is no realm/],
    [{ CONFIGMAP_LABEL_SELECTOR: '= =' }, /^CONFIGMAP_LABEL_SELECTOR: is no label selector/],
    [{ CONFIGMAP_NAMESPACE_SELECTOR: 'a in (' }, /^CONFIGMAP_NAMESPACE_SELECTOR: is no label selector/],
    [{ CONFIGMAP_NAMESPACE_HOSTS: 'team-a' }, /^CONFIGMAP_NAMESPACE_HOSTS: is not JSON of namespaces and their hosts/],
    [{ CONFIGMAP_NAMESPACE_HOSTS: '{"team-a":"a.example"}' }, /^CONFIGMAP_NAMESPACE_HOSTS: is not JSON/],
  ])('is told of: %j', async (environment, problem) => {
    expect(await problemsOf({ environment, files, profiles: [PRIMARY] })).toMatch(problem);
  });

  test('is told of all at once', async () => {
    const environment = { GRPC_PORT: 'x', TOKEN_ENDPOINT_DIAL_TIMEOUT: '0', CONFIGMAP_LABEL_SELECTOR: '= =' };
    expect((await problemsOf({ environment })).split('\n')).toHaveLength(3);
  });
});

test.each(['1', 'true', 'YES', 'On', ' true '])('a switch is on when it is %j', async (text) => {
  const environment = { TOKEN_EXCHANGE_DEFAULT_DENY_UNMATCHED: text };
  expect((await read({ environment })).policy.unmatched).toBe('deny');
});

test.each(['0', 'false', 'No', 'OFF', ''])('a switch is off when it is %j', async (text) => {
  const environment = { TOKEN_EXCHANGE_DEFAULT_DENY_UNMATCHED: text };
  expect((await read({ environment })).policy.unmatched).toBe('pass');
});

test('CACHE_*, ISSUER_* and LOG_LEVEL may stand beside', async () => {
  const environment = { CACHE_MAX_ENTRIES: '0', ISSUER_CONCURRENCY: '7', LOG_LEVEL: 'debug' };
  const { cache, issuers, logLevel } = await read({ environment, profiles: [PRIMARY] });
  expect({ cache, logLevel }).toMatchObject({ cache: { maximumEntries: 0 }, logLevel: 'debug' });
  expect(issuers.get('primary')?.budget.concurrency).toBe(7);
});

test('namespaces may be given hosts of their own', async () => {
  const environment = { CONFIGMAP_NAMESPACE_HOSTS: '{"team-a":["A.example"]}' };
  const { policy, warnings } = await read({ environment });
  expect(policy.configMaps?.hosts).toEqual(new Map([['team-a', ['a.example']]]));
  expect(warnings).toHaveLength(1);
});

test('SSL_CERT_FILE is what issuers are trusted by, and ISSUER_CA_FILE before it', async () => {
  const own = { ...files, '/own.pem': certificate };
  expect(await readOne({}, { environment: { SSL_CERT_FILE: '/ca.pem' }, files })).toMatchObject({ caFile: '/ca.pem' });
  const both = { SSL_CERT_FILE: '/ca.pem', ISSUER_CA_FILE: '/own.pem' };
  expect(await readOne({}, { environment: both, files: own })).toMatchObject({ caFile: '/own.pem' });
});

test('the selectors are what the variables say', async () => {
  const environment = {
    CONFIGMAP_LABEL_SELECTOR: 'policy in (yes, true)',
    CONFIGMAP_NAMESPACE_SELECTOR: 'team,!retired',
  };
  expect((await read({ environment })).policy.configMaps).toMatchObject({
    selector: 'policy in (yes, true)',
    namespaces: { kind: 'labels', selector: 'team,!retired' },
  });
});

test('without a file of profiles there are no issuers', async () => {
  expect((await read({})).issuers.size).toBe(0);
});
