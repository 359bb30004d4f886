import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readEnvironment } from '../../../control/config/environment.ts';
import { ConfigurationError } from '../../../control/config/problems.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';

const authority = createCertificateAuthority();
const server = authority.issue('broker.local');
const FILES: Readonly<Record<string, string | Buffer>> = {
  '/ca.pem': authority.certificate,
  '/cert.pem': server.certificate,
  '/key.pem': server.key,
  '/rsa.pem': generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' }),
  '/text': 'neither a key nor a certificate, planted-in-file',
  '/cache-key': Buffer.from(Array.from({ length: 32 }, (_, index) => 255 - index)),
};

function readFile(path: string): Buffer {
  const content = FILES[path];
  if (content === undefined) {
    throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
  }
  return Buffer.from(content);
}

const read = (environment: Record<string, string> = {}) => readEnvironment(environment, readFile);

function problemsOf(environment: Record<string, string>): string[] {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.problems.map(({ setting, message }) => `${setting}: ${message}`);
    }
    throw error;
  }
  return [];
}

describe('defaults', () => {
  test('are those of DexTokenBroker, and of this service beside it', () => {
    const { issuers, ...configuration } = read();
    expect(configuration).toEqual({
      listeners: {
        check: { address: { host: '', port: 8080 }, tls: undefined },
        filter: { address: { host: '127.0.0.1', port: 8081 }, tls: undefined },
        admin: { address: { host: '127.0.0.1', port: 8082 }, tls: undefined },
      },
      logLevel: 'info',
      propagation: { traceContext: true, baggage: false },
      shutdownTimeout: 10_000,
      cache: { maximumEntries: 1024, cleanupInterval: 300_000, safetyMargin: 30_000, key: undefined },
      providers: new Map(),
      clusters: new Map(),
      warnings: [],
      policy: {
        unmatched: 'deny',
        files: [],
        configMaps: undefined,
        revocations: [],
        refusals: 'plain',
        unauthenticatedOptions: 'decide',
        entries: [
          {
            id: 'default',
            setting: 'policy entry default',
            match: { host: '*', pathPrefix: '/', methods: [] },
            action: {
              kind: 'clientCredentials',
              issuer: 'dex',
              clientId: { from: 'header', header: 'x-client-id' },
              clientSecret: { from: 'header', header: 'x-client-secret' },
              scope: { from: 'header', header: 'x-scope' },
              authorizationHeader: 'authorization',
              tokenHeaders: [],
              strip: ['x-client-id', 'x-client-secret', 'x-scope'],
            },
          },
        ],
      },
    });
    expect(issuers.get('dex')).toMatchObject({
      tokenEndpoint: new URL('https://dex.dex.svc.cluster.local/token'),
      timeout: 5000,
      clientAuthentication: { method: 'client_secret_basic' },
      extraParameters: new Map(),
    });
  });

  test('stand in for empty variables, as in DexTokenBroker', () => {
    const names = ['LISTEN_ADDR', 'DEX_TOKEN_URL', 'HTTP_TIMEOUT', 'LOG_LEVEL', 'STATIC_CLIENT_ID', 'JWKS_URL'];
    expect(read(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(read());
  });

  test.each(['HTTP_TIMEOUT', 'CACHE_CLEANUP_INTERVAL', 'EXPIRY_SAFETY_MARGIN'])(
    'stand in for a %s of zero or less, as in DexTokenBroker',
    (name) => {
      expect(read({ [name]: '0' })).toEqual(read());
      expect(read({ [name]: '-5s' })).toEqual(read());
    },
  );
});

describe('values', () => {
  test('reach the configuration', () => {
    const configuration = read({
      LISTEN_ADDR: 'off',
      FILTER_LISTEN_ADDR: 'unix:/run/broker.sock',
      FILTER_SOCKET_MODE: '0600',
      ADMIN_LISTEN_ADDR: ':9000',
      LOG_LEVEL: 'debug',
      HTTP_TIMEOUT: '750ms',
      CACHE_MAX_ENTRIES: '0',
      CACHE_KEY_FILE: '/cache-key',
      ISSUER_CA_FILE: '/ca.pem',
      TOKEN_PARAMETERS: 'audience=https%3A%2F%2Fapi&connector_id=a+b',
      ISSUER_RATE: '0.5',
      UPSTREAM_TOKEN_HEADERS: 'access_token, id_token : X-Id ,,',
    });
    expect(configuration.listeners).toMatchObject({
      check: undefined,
      filter: { address: { path: '/run/broker.sock', mode: 0o600 } },
      admin: { address: { host: '', port: 9000 } },
    });
    expect(Buffer.from(configuration.cache.key?.reveal() ?? '', 'latin1')).toEqual(FILES['/cache-key']);
    expect(configuration.issuers.get('dex')).toMatchObject({
      timeout: 750,
      caFile: '/ca.pem',
      extraParameters: new Map([
        ['audience', 'https://api'],
        ['connector_id', 'a b'],
      ]),
      budget: { rate: 0.5 },
    });
    expect(configuration.policy.entries[0]?.action).toMatchObject({
      tokenHeaders: [
        { field: 'access_token', header: 'access_token' },
        { field: 'id_token', header: 'x-id' },
      ],
    });
  });

  test('give each method of client authentication what it needs, and no secret where there is none', () => {
    const jwt = read({
      CLIENT_AUTH_METHOD: 'private_key_jwt',
      CLIENT_PRIVATE_KEY_FILE: '/rsa.pem',
      CLIENT_KEY_ID: 'k',
    });
    expect(jwt.issuers.get('dex')?.clientAuthentication).toEqual({
      method: 'private_key_jwt',
      privateKeyFile: '/rsa.pem',
      keyId: 'k',
      algorithm: 'RS256',
      audience: undefined,
    });
    const tls = read({
      CLIENT_AUTH_METHOD: 'tls_client_auth',
      CLIENT_CERT_FILE: '/cert.pem',
      CLIENT_KEY_FILE: '/key.pem',
    });
    expect(tls.issuers.get('dex')?.clientAuthentication).toMatchObject({
      certificateFile: '/cert.pem',
      keyFile: '/key.pem',
    });
    for (const { policy } of [jwt, tls]) {
      expect(policy.entries[0]?.action).toMatchObject({ clientSecret: undefined });
      expect(policy.entries[0]?.action).toMatchObject({ strip: ['x-client-id', 'x-client-secret', 'x-scope'] });
    }
  });

  test('let the filter listener be reached from elsewhere with client certificates only', () => {
    const tls = { FILTER_TLS_CERT_FILE: '/cert.pem', FILTER_TLS_KEY_FILE: '/key.pem' };
    const all = { ...tls, FILTER_TLS_CLIENT_CA_FILE: '/ca.pem', FILTER_LISTEN_ADDR: ':8081' };
    expect(read(all).listeners.filter?.tls).toMatchObject({ clientCaFile: '/ca.pem' });
    expect(problemsOf({ FILTER_LISTEN_ADDR: ':8081' }).join()).toContain('FILTER_TLS_CERT_FILE');
    expect(problemsOf({ ...tls, FILTER_LISTEN_ADDR: ':8081' }).join()).toContain(
      'FILTER_TLS_CLIENT_CA_FILE: is missing',
    );
  });
});

describe('problems', () => {
  test.each<[Record<string, string>, RegExp]>([
    [{ HTTP_TIMEOUT: '5' }, /^HTTP_TIMEOUT: "5" is not a duration such as/],
    [{ HTTP_TIMEOUT: '25h' }, /^HTTP_TIMEOUT: "25h" is not from 1ms to 24h/],
    [{ CACHE_CLEANUP_INTERVAL: '600h' }, /^CACHE_CLEANUP_INTERVAL: .* is not from 1ms to 24h/],
    [{ SHUTDOWN_TIMEOUT: '-1s' }, /^SHUTDOWN_TIMEOUT: .* from 0s to 24h/],
    [{ CACHE_MAX_ENTRIES: '-1' }, /^CACHE_MAX_ENTRIES: "-1" is not from 0 to 1000000/],
    [{ CACHE_MAX_ENTRIES: '1.5' }, /^CACHE_MAX_ENTRIES: "1.5" is not a whole number/],
    [{ ALLOW_INSECURE_DEX_URL: 'yes' }, /^ALLOW_INSECURE_DEX_URL: "yes" is not true or false/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL: "loud" is not a log level; use DEBUG/],
    [{ LISTEN_ADDR: '8080' }, /^LISTEN_ADDR: "8080" is not a listen address; write :8080/],
    [{ LISTEN_ADDR: 'unix:/a' }, /^LISTEN_ADDR: /],
    [{ FILTER_SOCKET_MODE: 'rw' }, /^FILTER_SOCKET_MODE: /],
    [{ DEX_TOKEN_URL: 'dex' }, /^DEX_TOKEN_URL: "dex" is not a URL/],
    [{ DEX_TOKEN_URL: 'ftp://dex/token' }, /^DEX_TOKEN_URL: "ftp:" is not a scheme/],
    [{ DEX_TOKEN_URL: 'http://dex/token' }, /^DEX_TOKEN_URL: http:.*ALLOW_INSECURE_DEX_URL=true/],
    [{ DEX_TOKEN_URL: 'https://a:planted@dex/token' }, /^DEX_TOKEN_URL: holds credentials/],
    [{ DEX_TOKEN_URL: 'https://dex/token#x' }, /^DEX_TOKEN_URL: ends in a fragment/],
    [{ CLIENT_ID_HEADER: 'x client' }, /^CLIENT_ID_HEADER: "x client" is not a header name/],
    [{ CLIENT_SECRET_HEADER: 'x-broker-secret' }, /^CLIENT_SECRET_HEADER: .* begins with x-broker-/],
    [{ SCOPE_HEADER: 'Host' }, /^SCOPE_HEADER: "Host" belongs to the connection/],
    [{ SCOPE_HEADER: 'X-Client-Id' }, /^SCOPE_HEADER: names the same header as CLIENT_ID_HEADER/],
    [{ UPSTREAM_AUTH_HEADER: ':path' }, /^UPSTREAM_AUTH_HEADER: ":path" is a pseudo-header/],
    [{ UPSTREAM_TOKEN_HEADERS: 'a:' }, /^UPSTREAM_TOKEN_HEADERS: "a:" lacks/],
    [{ UPSTREAM_TOKEN_HEADERS: ':b' }, /^UPSTREAM_TOKEN_HEADERS: ":b" lacks/],
    [{ UPSTREAM_TOKEN_HEADERS: 'a:content-length' }, /^UPSTREAM_TOKEN_HEADERS: the header "content-length"/],
    [{ STATIC_CLIENT_ID: 'a'.repeat(257) }, /^STATIC_CLIENT_ID: is longer than 256 bytes/],
    [{ STATIC_CLIENT_SECRET: 'planted\n' }, /^STATIC_CLIENT_SECRET: holds a control character/],
    [{ STATIC_SCOPE: 'ü'.repeat(513) }, /^STATIC_SCOPE: is longer than 1024 bytes/],
    [{ TOKEN_PARAMETERS: 'scope=a' }, /^TOKEN_PARAMETERS: "scope" is a parameter that the broker sets/],
    [{ TOKEN_PARAMETERS: 'subject_token=planted' }, /^TOKEN_PARAMETERS: "subject_token"/],
    [{ TOKEN_PARAMETERS: 'resource=a&resource=b' }, /^TOKEN_PARAMETERS: "resource" comes twice/],
    [{ TOKEN_PARAMETERS: 'audience' }, /^TOKEN_PARAMETERS: "audience" lacks/],
    [{ CLIENT_AUTH_METHOD: 'none' }, /^CLIENT_AUTH_METHOD: "none" is not one of client_secret_basic/],
    [{ CLIENT_AUTH_METHOD: 'private_key_jwt' }, /^CLIENT_PRIVATE_KEY_FILE: is missing/],
    [{ CLIENT_KEY_ID: 'k' }, /^CLIENT_KEY_ID: is only used by CLIENT_AUTH_METHOD=private_key_jwt/],
    [{ CACHE_KEY_FILE: '/none' }, /^CACHE_KEY_FILE: \/none cannot be read \(ENOENT\)/],
    [{ CACHE_KEY_FILE: '/rsa.pem', ISSUER_CA_FILE: '/text' }, /^ISSUER_CA_FILE: \/text holds no PEM certificate/],
    [{ ISSUER_BREAKER_OPEN: '1ms' }, /^ISSUER_BREAKER_OPEN: .* from 100ms to 1h/],
  ])('of %o', (environment, expected) => {
    const problems = problemsOf(environment);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
    expect(problems[0]).not.toContain('planted');
  });

  test('of a secret for clients that authenticate without one', () => {
    const environment = { CLIENT_AUTH_METHOD: 'private_key_jwt', CLIENT_PRIVATE_KEY_FILE: '/rsa.pem' };
    expect(problemsOf({ ...environment, STATIC_CLIENT_SECRET: 'planted' })).toEqual([
      expect.stringMatching(/^STATIC_CLIENT_SECRET: is not used by private_key_jwt/),
    ]);
  });

  test('are told all at once', () => {
    const problems = problemsOf({
      HTTP_TIMEOUT: 'x',
      LISTEN_ADDR: 'x',
      DEX_TOKEN_URL: 'x',
      JWKS_URL: 'x',
      STATIC_CLIENT_ID: 'client',
      LOG_LEVEL: 'x',
    });
    expect(problems).toHaveLength(5);
  });
});
