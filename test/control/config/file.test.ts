import { describe, expect, test } from 'vitest';
import { readConfigurationFile } from '../../../control/config/file.ts';
import { ConfigurationError } from '../../../control/config/problems.ts';

const MINIMAL = `
version: v1
issuers:
  dex: { tokenEndpoint: https://dex.example/token }
policy:
  entries:
    - id: all
      action: clientCredentials
      clientCredentials:
        issuerRef: dex
        clientId: { header: x-client-id }
        clientSecret: { header: x-client-secret }
`;

const FULL = `
version: v1
logLevel: warn
shutdownTimeout: 1m30s
listeners:
  check: { address: ':8080' }
  filter: { address: 'unix:/run/broker.sock', socketMode: '0600' }
  admin: { address: 'off' }
cache: { maximumEntries: 10, cleanupInterval: 1m, safetyMargin: 5s, keyFile: /cache-key }
issuers:
  dex:
    tokenEndpoint: http://dex/token
    allowInsecure: true
    timeout: 750ms
    clientAuthentication: { method: client_secret_post }
    extraParameters: { audience: api }
    budget: { concurrency: 4, rate: 0.5, burst: 2, breakerFailures: 3, breakerOpen: 2s }
policy:
  unmatched: pass
  entries:
    - id: orders
      match: { host: '*.example.com', pathPrefix: /orders, methods: [GET, POST] }
      action: clientCredentials
      clientCredentials:
        issuerRef: dex
        clientId: { value: shop }
        clientSecret: { file: /secret }
        scope: { environment: ORDERS_SCOPE }
        authorizationHeader: x-token
        tokenHeaders: [{ field: id_token, header: x-id-token }]
        strip: [x-client-secret]
    - { id: health, match: { pathPrefix: /healthz }, action: pass, pass: { strip: [x-debug] } }
    - { id: internal, match: { pathPrefix: /internal }, action: deny }
`;

const FILES: Record<string, string> = { '/secret': 'from-a-file\n', '/cache-key': 'k'.repeat(32) };

function read(text: string, environment: Record<string, string> = {}) {
  return readConfigurationFile('/broker.yaml', environment, (path) => {
    const content = path === '/broker.yaml' ? text : FILES[path];
    if (content === undefined) {
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    }
    return Buffer.from(content);
  });
}

function problemsOf(text: string, environment?: Record<string, string>): string[] {
  try {
    read(text, environment);
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.problems.map(({ setting, message }) => `${setting}: ${message}`);
    }
    throw error;
  }
  return [];
}

describe('a configuration file', () => {
  test('needs little', () => {
    const { listeners, logLevel, cache, issuers, policy } = read(MINIMAL);
    expect(listeners).toEqual({
      check: undefined,
      filter: { address: { host: '127.0.0.1', port: 8081 }, tls: undefined },
      admin: { address: { host: '127.0.0.1', port: 8082 }, tls: undefined },
    });
    expect(logLevel).toBe('info');
    expect(cache).toEqual({ maximumEntries: 1024, cleanupInterval: 300_000, safetyMargin: 30_000, key: undefined });
    expect(issuers.get('dex')).toMatchObject({
      timeout: 5000,
      clientAuthentication: { method: 'client_secret_basic' },
      budget: { concurrency: 32, rate: 100, burst: 200, breakerFailures: 5, breakerOpen: 1000 },
    });
    expect(policy.unmatched).toBe('deny');
    expect(policy.entries[0]).toMatchObject({ match: { host: '*', pathPrefix: '/', methods: [] } });
  });

  test('says everything', () => {
    const configuration = read(FULL, { ORDERS_SCOPE: 'orders' });
    expect(configuration).toMatchObject({
      logLevel: 'warn',
      shutdownTimeout: 90_000,
      listeners: {
        check: { address: { host: '', port: 8080 } },
        filter: { address: { path: '/run/broker.sock', mode: 0o600 } },
        admin: undefined,
      },
      cache: { maximumEntries: 10, cleanupInterval: 60_000, safetyMargin: 5000 },
    });
    expect(configuration.issuers.get('dex')).toMatchObject({
      tokenEndpoint: new URL('http://dex/token'),
      timeout: 750,
      clientAuthentication: { method: 'client_secret_post' },
      extraParameters: new Map([['audience', 'api']]),
      budget: { concurrency: 4, rate: 0.5, burst: 2, breakerFailures: 3, breakerOpen: 2000 },
    });
    const [orders, health, internal] = configuration.policy.entries;
    expect(orders?.match).toEqual({ host: '*.example.com', pathPrefix: '/orders', methods: ['GET', 'POST'] });
    const action = orders?.action;
    const values = action?.kind === 'clientCredentials' ? [action.clientId, action.clientSecret, action.scope] : [];
    expect(values.map((source) => source?.from === 'static' && source.value.reveal())).toEqual([
      'shop',
      'from-a-file',
      'orders',
    ]);
    expect(health?.action).toEqual({ kind: 'pass', strip: ['x-debug'] });
    expect(internal?.action).toEqual({ kind: 'deny' });
  });

  test("has a JWT that others keep fresh authenticate clients: the pod's own unless another is named", () => {
    const assertion = (more: string) => `clientAuthentication: { method: jwt_assertion_file${more} }`;
    const configured = read(
      FULL.replace('clientAuthentication: { method: client_secret_post }', assertion(', assertionFile: /secret')),
      {
        ORDERS_SCOPE: 'orders',
      },
    );
    expect(configured.issuers.get('dex')?.clientAuthentication).toEqual({
      method: 'jwt_assertion_file',
      assertionFile: '/secret',
    });
    const outside = problemsOf(MINIMAL.replace('token }', `token, ${assertion('')} }`));
    expect(outside).toContainEqual(
      expect.stringMatching(
        /^issuers.dex.clientAuthentication.assertionFile: \/var\/run\/secrets\/.*\/token cannot be read/,
      ),
    );
  });

  test('leaves how the process runs to the environment, where it says so', () => {
    const environment = { LISTEN_ADDR: ':9090', LOG_LEVEL: 'DEBUG', ADMIN_LISTEN_ADDR: 'off' };
    const { listeners, logLevel } = read(MINIMAL, environment);
    expect(listeners.check?.address).toEqual({ host: '', port: 9090 });
    expect(listeners.filter?.address).toEqual({ host: '127.0.0.1', port: 8081 });
    expect(listeners.admin).toBeUndefined();
    expect(logLevel).toBe('debug');
  });

  test.each(['DEX_TOKEN_URL', 'STATIC_CLIENT_SECRET', 'CACHE_MAX_ENTRIES', 'JWKS_URL', 'ISSUER_RATE'])(
    'does not stand beside %s',
    (name) => {
      expect(problemsOf(MINIMAL, { [name]: 'planted' })).toEqual([
        `CONFIG_FILE and ${name}: are both set; say it in /broker.yaml and unset ${name}, or unset CONFIG_FILE`,
      ]);
    },
  );
});

describe('problems of a file', () => {
  const edit = (from: string, to: string) => FULL.replace(from, to);
  test.each<[string, string, RegExp]>([
    ['another version', edit('version: v1', 'version: v2'), /^\/broker.yaml: version: must be v1$/],
    [
      'an unknown field',
      edit('logLevel:', 'loglevel:'),
      /^\/broker.yaml: loglevel: is not a field; known here: version/,
    ],
    ['a missing field', edit('tokenEndpoint: http', 'allowSecure: true #'), /issuers.dex.tokenEndpoint: is missing/],
    ['a duration', edit('timeout: 750ms', 'timeout: 750'), /issuers.dex.timeout: must be string/],
    [
      'a duration out of range',
      edit('breakerOpen: 2s', 'breakerOpen: 2h'),
      /breakerOpen: "2h" is not from 100ms to 1h/,
    ],
    [
      'a method',
      edit('client_secret_post', 'client_secret'),
      /clientAuthentication.method: must be one of client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth/,
    ],
    ['an action', edit('action: deny', 'action: refuse'), /action: must be one of pass, deny, clientCredentials/],
    [
      'a member of another action',
      edit('action: pass,', 'action: pass, exchange: { issuerRef: dex },'),
      /^policy entry health: exchange: is not used by action pass; remove it/,
    ],
    [
      'an action without its member',
      edit('action: deny', 'action: exchange'),
      /entries.2.exchange: is missing; set it/,
    ],
    [
      'callers of what denies everyone',
      edit('action: deny', 'action: deny, authenticate: { providers: [staff] }'),
      /^policy entry internal: authenticate: is not used by action deny/,
    ],
    [
      'two sources at once',
      edit('{ value: shop }', '{ value: planted, header: x }'),
      /clientId: must NOT have more than 1/,
    ],
    [
      'a source that is empty',
      edit('ORDERS_SCOPE', 'NO_SUCH'),
      /^policy entry orders: clientCredentials.scope: is empty/,
    ],
    [
      'a file that is not there',
      edit('/secret', '/none'),
      /^policy entry orders: clientCredentials.clientSecret: \/none cannot be read/,
    ],
    ['a listener', edit("':8080'", "'8080'"), /^listeners.check.address: "8080" is not a listen address/],
    ['a filter listener in the open', edit("'unix:/run/broker.sock'", "':8081'"), /^listeners.filter: whoever reaches/],
    ['a plain endpoint', edit('allowInsecure: true', 'allowInsecure: false'), /issuers.dex.allowInsecure=true/],
    [
      'a reserved parameter',
      edit('audience: api', 'scope: all'),
      /issuers.dex.extraParameters: "scope" is a parameter/,
    ],
    ['an id', edit('id: orders', "id: 'or ders'"), /policy.entries.0.id: must match pattern/],
    ['no YAML', `${FULL}\n  - {planted`, /^\/broker.yaml: line \d+, column \d+: is not YAML \([A-Z_]+\)$/],
    ['a key that comes twice', `${FULL}\nversion: v1`, /is not YAML \(DUPLICATE_KEY\)/],
    ['an empty file', '', /^\/broker.yaml: file: must be object/],
  ])('%s', (_name, text, expected) => {
    const problems = problemsOf(text, { ORDERS_SCOPE: 'orders' });
    expect(problems.join('\n')).toMatch(new RegExp(expected.source, 'm'));
    expect(problems.join('\n')).not.toContain('planted');
  });

  test('a file that grows out of aliases is refused', () => {
    const levels = Array.from({ length: 12 }, (_, level) => `l${level}: &l${level} [${`*l${level - 1},`.repeat(9)}]`);
    const text = [`a: &l0 [x]`, ...levels.slice(1)].join('\n');
    expect(problemsOf(text)).toEqual(['/broker.yaml: file: has more aliases than a configuration needs']);
  });

  test('all of them are told at once', () => {
    const text = edit("':8080'", "'x'").replace('/secret', '/none').replace('breakerOpen: 2s', 'breakerOpen: 2h');
    expect(problemsOf(text, { ORDERS_SCOPE: 'orders' })).toHaveLength(3);
  });
});
