import { describe, expect, test } from 'vitest';
import { readEnvironment } from '../../../control/config/environment.ts';
import { ConfigurationError } from '../../../control/config/problems.ts';

const noFile = (path: string): Buffer => {
  throw new Error(`no file ${path}`);
};
const read = (environment: Record<string, string>) =>
  readEnvironment({ STATIC_CLIENT_ID: 'client', ...environment }, noFile);

/** URL, issuers and audiences of each provider, in order. */
function sourcesOf(environment: Record<string, string>): unknown[] {
  return [...read(environment).providers.values()].map(({ issuers, audiences, keys }) => [
    keys.remote?.location.url.href,
    issuers,
    audiences,
  ]);
}

function problemsOf(environment: Record<string, string>): string[] {
  try {
    readEnvironment(environment, noFile);
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.problems.map(({ setting, message }) => `${setting}: ${message}`);
    }
    throw error;
  }
  return [];
}

const [A, B, C] = ['https://a.example/keys', 'https://b.example/keys', 'https://c.example/keys'];

describe("DexTokenBroker's variables", () => {
  test('none of them: callers need no JWT', () => {
    const { providers, policy } = read({ JWT_HEADER: 'x-jwt' });
    expect(providers.size).toBe(0);
    expect(policy.entries[0]?.action).toMatchObject({ authenticate: undefined });
  });

  test('JWKS_URL and JWKS_URLS share issuers and audiences, and each URL counts once', () => {
    const shared = { JWT_ISSUER: 'one, two,,', JWT_AUDIENCE: ' orders ' };
    expect(sourcesOf({ ...shared, JWKS_URL: ` ${A} `, JWKS_URLS: `${B}, ${A},,${C} ` })).toEqual([
      [A, ['one', 'two'], ['orders']],
      [B, ['one', 'two'], ['orders']],
      [C, ['one', 'two'], ['orders']],
    ]);
  });

  test('JWKS_PROVIDERS come first, with issuers and audiences of their own, and win over the others', () => {
    const providers = [
      { url: ` ${B} `, issuer: 'b', audience: [' x ', '', 'y'] },
      { URL: C },
      { url: B, issuer: 'later' },
    ];
    expect(
      sourcesOf({ JWKS_PROVIDERS: JSON.stringify(providers), JWKS_URL: A, JWKS_URLS: B, JWT_ISSUER: 'shared' }),
    ).toEqual([
      [B, ['b'], ['x', 'y']],
      [C, [], []],
      [A, ['shared'], []],
    ]);
  });

  test('the token is where JWT_HEADER says, with or without a prefix, and is judged as DexTokenBroker does', () => {
    const { providers, policy } = read({ JWKS_URL: A, JWT_HEADER: 'X-Jwt', HTTP_TIMEOUT: '2s' });
    expect(policy.entries[0]?.action).toMatchObject({
      authenticate: {
        providers: ['jwks-1'],
        from: [{ from: 'header', header: 'x-jwt', prefix: 'Bearer ', prefixRequired: false }],
        afterwards: { kind: 'strip' },
        unauthenticated: 'refuse',
        maximumDecisionAge: 300_000,
      },
    });
    expect(providers.get('jwks-1')).toMatchObject({
      algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'],
      clockSkew: 0,
      checkIssuedAt: false,
      maximumBytes: 16_384,
      keys: { remote: { cooldown: 300_000, prefetch: false, timeout: 2000 }, local: undefined },
    });
  });

  test('a provider that restricts neither issuer nor audience is warned of', () => {
    expect(read({ JWKS_URL: A, JWT_ISSUER: 'a', JWT_AUDIENCE: 'b' }).warnings).toEqual([]);
    expect(read({ JWKS_URL: A }).warnings).toEqual([
      expect.stringMatching(/^provider jwks-1 accepts tokens of any issuer/),
      expect.stringMatching(/^provider jwks-1 accepts tokens that are meant for any other service/),
    ]);
  });

  test('a misspelt field of JWKS_PROVIDERS is warned of', () => {
    const { warnings } = read({ JWKS_PROVIDERS: JSON.stringify([{ url: A, issuers: 'a', audience: 'b' }]) });
    expect(warnings[0]).toBe('JWKS_PROVIDERS: entry 0 has a field "issuers" that means nothing');
  });

  test('JWKS_PROVIDERS of null or nothing are none', () => {
    for (const text of ['null', '[]', ' ']) expect(read({ JWKS_PROVIDERS: text }).providers.size).toBe(0);
  });
});

describe('problems', () => {
  const id = { STATIC_CLIENT_ID: 'client' };
  test.each<readonly [Record<string, string>, RegExp]>([
    [{ JWKS_URL: A }, /^STATIC_CLIENT_ID: is missing/],
    [{ ...id, JWKS_URL: 'keys' }, /^JWKS_URL: "keys" is not a URL/],
    [{ ...id, JWKS_URL: 'ftp://a.example' }, /^JWKS_URL: "ftp:" is not a scheme/],
    [{ ...id, JWKS_URL: 'http://a.example' }, /^JWKS_URL: http:\/\/ .* ALLOW_INSECURE_DEX_URL=true$/],
    [{ ...id, JWKS_URL: 'https://user:planted@a.example' }, /^JWKS_URL: holds credentials/],
    [{ ...id, JWKS_URLS: `${A},x` }, /^JWKS_URL: "x" is not a URL/],
    [{ ...id, JWKS_PROVIDERS: '{' }, /^JWKS_PROVIDERS: is not a JSON array/],
    [{ ...id, JWKS_PROVIDERS: '{}' }, /^JWKS_PROVIDERS: is not a JSON array/],
    [{ ...id, JWKS_PROVIDERS: '["x"]' }, /^JWKS_PROVIDERS: is not a JSON array/],
    [{ ...id, JWKS_PROVIDERS: '[{"issuer":"a"}]' }, /^JWKS_PROVIDERS: entry 0: is missing a url/],
    [{ ...id, JWKS_PROVIDERS: `[{"url":"${A}","audience":1}]` }, /^JWKS_PROVIDERS: entry 0: audience must be/],
    [{ ...id, JWKS_URL: A, JWT_HEADER: 'host' }, /^JWT_HEADER: "host" belongs/],
    [{ ...id, JWKS_URL: A, JWKS_CA_FILE: '/none' }, /^JWKS_CA_FILE: \/none cannot be read/],
    [{ JWT_ISSUER: 'a' }, /^JWT_ISSUER: restricts nobody/],
    [{ JWT_AUDIENCE: 'a' }, /^JWT_AUDIENCE: restricts nobody/],
  ])('of %o', (environment, expected) => {
    const problems = problemsOf(environment);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
    expect(problems[0]).not.toContain('planted');
  });
});
