import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Configuration } from '../../../control/config/configuration.ts';
import { readConfigurationFile } from '../../../control/config/file.ts';
import { ConfigurationError } from '../../../control/config/problems.ts';

const URL_OF_KEYS = 'https://issuer.example/keys';

function read(provider: object, authenticate: object = { providers: ['callers'] }, action: object = {}): Configuration {
  const document = {
    version: 'v1',
    issuers: { dex: { tokenEndpoint: 'https://dex.example/token' } },
    providers: { callers: provider },
    policy: {
      entries: [
        {
          id: 'orders',
          action: 'clientCredentials',
          clientCredentials: { issuerRef: 'dex', clientId: { value: 'app' }, ...action },
          authenticate,
        },
      ],
    },
  };
  const files: Readonly<Record<string, string>> = { '/control.yaml': stringify(document), '/keys.json': '{"keys":[]}' };
  return readConfigurationFile('/control.yaml', {}, (path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error('no file'), { code: 'ENOENT' });
    return Buffer.from(text);
  });
}

const providerOf = (document: object) => read(document).providers.get('callers');
const authenticateOf = (document: object) => {
  const action = read({ jwks: { url: URL_OF_KEYS } }, document).policy.entries[0]?.action;
  return action?.kind === 'clientCredentials' ? action.authenticate : undefined;
};

function problemsOf(provider: object, authenticate?: object): string[] {
  try {
    read(provider, authenticate);
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.problems.map(({ setting, message }) => `${setting}: ${message}`);
    }
    throw error;
  }
  return [];
}

describe('a provider', () => {
  test('needs little: the rest has defaults', () => {
    expect(providerOf({ jwks: { url: URL_OF_KEYS } })).toEqual({
      name: 'callers',
      issuers: [],
      audiences: [],
      algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'],
      keys: {
        local: undefined,
        remote: {
          location: { kind: 'url', url: new URL(URL_OF_KEYS) },
          allowInsecure: false,
          caFile: undefined,
          timeout: 5000,
          prefetch: false,
          freshness: { minimum: 60_000, maximum: 3_600_000, default: 600_000 },
          cooldown: 30_000,
          hardLimit: 86_400_000,
        },
      },
      clockSkew: 60_000,
      checkIssuedAt: true,
      type: undefined,
      requiredClaims: [],
      maximumBytes: 16_384,
    });
  });

  test('has one issuer, several, or the one that is asked where the keys are', () => {
    expect(providerOf({ issuer: 'a', jwks: { url: URL_OF_KEYS } })?.issuers).toEqual(['a']);
    expect(providerOf({ issuer: ['a', 'b'], jwks: { url: URL_OF_KEYS } })?.issuers).toEqual(['a', 'b']);
    const discovered = providerOf({ jwks: { discovery: 'https://issuer.example/realm' } });
    expect(discovered?.issuers).toEqual(['https://issuer.example/realm']);
    expect(discovered?.keys.remote?.location.kind).toBe('discovery');
  });

  test('has its keys from a file or inline, alone or as the fallback', () => {
    expect(providerOf({ jwks: { file: '/keys.json' } })?.keys).toEqual({ remote: undefined, local: '{"keys":[]}' });
    expect(providerOf({ jwks: { inline: { keys: [] } } })?.keys).toEqual({ remote: undefined, local: '{"keys":[]}' });
    const both = providerOf({ jwks: { url: URL_OF_KEYS, fallbackFile: '/keys.json' } })?.keys;
    expect([both?.remote?.location.url.href, both?.local]).toEqual([URL_OF_KEYS, '{"keys":[]}']);
  });

  test('is warned of without issuer and audience', () => {
    expect(read({ jwks: { url: URL_OF_KEYS } }).warnings).toHaveLength(2);
    expect(read({ issuer: 'a', audiences: ['b'], jwks: { url: URL_OF_KEYS } }).warnings).toEqual([]);
  });

  test.each<readonly [object, RegExp]>([
    [{}, /providers\.callers\.jwks: is missing/],
    [{ jwks: {} }, /providers\.callers\.jwks: needs exactly one of url, discovery, file and inline/],
    [{ jwks: { url: URL_OF_KEYS, file: '/keys.json' } }, /needs exactly one of/],
    [{ jwks: { file: '/keys.json', fallbackFile: '/keys.json' } }, /fallbackFile: is only used with url/],
    [{ jwks: { file: '/none' } }, /jwks\.file: \/none cannot be read \(ENOENT\)/],
    [{ jwks: { url: 'http://issuer.example/keys' } }, /jwks\.url: http:\/\/ .*allowInsecure=true/],
    [{ jwks: { url: URL_OF_KEYS, hardLimit: '1m' } }, /hardLimit: "1m" is not from 1h to 720h/],
    [{ jwks: { url: URL_OF_KEYS, cacheDuration: { minimum: '2h' } } }, /cacheDuration\.maximum/],
    [{ jwks: { url: URL_OF_KEYS, redirects: true } }, /jwks\.redirects: is not a field/],
    [{ jwks: { url: URL_OF_KEYS }, audience: 'x' }, /providers\.callers\.audience: is not a field; known here: issuer/],
    [{ jwks: { url: URL_OF_KEYS }, algorithms: ['none'] }, /algorithms\.0: must be one of RS256/],
    [{ jwks: { url: URL_OF_KEYS }, algorithms: ['HS256'] }, /algorithms\.0: must be one of/],
    [{ jwks: { url: URL_OF_KEYS }, algorithms: [] }, /algorithms: must NOT have fewer than 1/],
    [{ jwks: { url: URL_OF_KEYS }, clockSkew: '2h' }, /clockSkew: "2h" is not from 0s to 1h/],
    [{ jwks: { url: URL_OF_KEYS }, requiredClaims: [{ claim: 'a' }] }, /requiredClaims\.0: must NOT have fewer than 2/],
    [{ jwks: { url: URL_OF_KEYS }, requiredClaims: [{ claim: 'a', equals: 1, present: true }] }, /requiredClaims\.0/],
  ])('%o is refused', (provider, problem) => {
    expect(problemsOf(provider).join('\n')).toMatch(problem);
  });
});

describe('authenticate', () => {
  test('looks for a bearer token, strips it and refuses everybody else, where nothing else is said', () => {
    expect(authenticateOf({ providers: ['callers'] })).toEqual({
      providers: ['callers'],
      from: [{ from: 'header', header: 'authorization', prefix: 'Bearer ', prefixRequired: true }],
      afterwards: { kind: 'strip' },
      unauthenticated: 'refuse',
      requiredScopes: [],
      claimToHeaders: [],
      forwardPayloadHeader: undefined,
      claimToFilterState: [],
      payloadToFilterState: undefined,
      workloads: [],
      envoyClaims: [],
      maximumDecisionAge: 300_000,
    });
  });

  test('says the rest', () => {
    const document = {
      providers: ['callers'],
      from: [{ header: 'x-token' }, { cookie: 'session' }],
      afterwards: { forwardAs: 'x-caller' },
      allowMissingOrFailed: true,
      claimToHeaders: [{ claim: 'sub', header: 'x-user' }],
      envoyClaims: [{ claim: 'jwt.sub', oneOf: ['a'] }],
      maximumDecisionAge: '1m',
    };
    expect(authenticateOf(document)).toMatchObject({
      from: [
        { from: 'header', header: 'x-token', prefix: '', prefixRequired: false },
        { from: 'cookie', cookie: 'session' },
      ],
      afterwards: { kind: 'forwardAs', header: 'x-caller' },
      unauthenticated: 'allowMissingOrFailed',
      claimToHeaders: [{ claim: 'sub', header: 'x-user', format: 'plain' }],
      envoyClaims: [{ claim: 'jwt.sub', rule: 'oneOf', values: ['a'] }],
      maximumDecisionAge: 60_000,
    });
    expect(authenticateOf({ ...document, afterwards: 'keep' })?.afterwards).toEqual({ kind: 'keep' });
  });

  const good = { providers: ['callers'] };
  test.each<readonly [object, RegExp]>([
    [{ ...good, from: [] }, /from: must NOT have fewer than 1/],
    [{ ...good, from: [{ prefix: 'x' }] }, /from\.0\.header: is missing/],
    [{ ...good, from: [{ cookie: 'a', header: 'b' }] }, /from\.0: must NOT have more than 1/],
    [{ ...good, from: [{ cookie: 'a b' }] }, /from\.0\.cookie: must match pattern/],
    [{ ...good, afterwards: 'drop' }, /afterwards: must be one of strip, keep/],
    [{ ...good, afterwards: {} }, /afterwards\.forwardAs: is missing/],
    [{ ...good, allowMissing: true, allowMissingOrFailed: true }, /has both allowMissing and allowMissingOrFailed/],
    [{ ...good, requiredScopes: ['a b'] }, /requiredScopes\.0: must match pattern/],
    [{ ...good, requiredScopes: ['a"'] }, /requiredScopes\.0: must match pattern/],
    [{ ...good, claimToFilterState: [{ claim: 'a', name: 'A' }] }, /name: must match pattern/],
    [{ ...good, maximumDecisionAge: '0' }, /maximumDecisionAge: "0" is not from 1s to 24h/],
    [{ ...good, scopes: ['a'] }, /authenticate\.scopes: is not a field/],
    [{ envoyClaims: [{ claim: 'jwt.sub', present: true }], claimToHeaders: [] }, /reads a token that nobody checks/],
  ])('%o is refused', (authenticate, problem) => {
    expect(problemsOf({ jwks: { url: URL_OF_KEYS } }, authenticate).join('\n')).toMatch(problem);
  });
});
