import { describe, expect, test } from 'vitest';
import { type AuthenticateConfiguration, DEFAULT_DECISION_AGE } from '../../../control/config/authenticate.ts';
import { ConfigurationError } from '../../../control/config/problems.ts';
import type { ProviderConfiguration } from '../../../control/config/provider.ts';
import type { Route } from '../../../control/decide/route.ts';
import { createSigningKey, keySetOf } from '../../../tools/tokens/signing-key.ts';
import { providerOf, remoteAt } from '../trust/trusting.ts';
import { compileEntries, entry } from './policy-of.ts';

const [key, other] = [createSigningKey('ES256'), createSigningKey('ES256', { kid: 'other' })];
const PROVIDER = providerOf([key]);

const BEARER: AuthenticateConfiguration = {
  providers: ['provider'],
  from: [{ from: 'header', header: 'Authorization', prefix: 'Bearer ', prefixRequired: true }],
  afterwards: { kind: 'strip' },
  unauthenticated: 'refuse',
  requiredScopes: [],
  claimToHeaders: [],
  forwardPayloadHeader: undefined,
  claimToFilterState: [],
  payloadToFilterState: undefined,
  workloads: [],
  envoyClaims: [],
  maximumDecisionAge: DEFAULT_DECISION_AGE,
};

interface Options {
  readonly provider?: ProviderConfiguration;
  readonly action?: object;
  readonly readFile?: (path: string) => Buffer;
}

function compiled(changes: Partial<AuthenticateConfiguration> = {}, options: Options = {}): Route {
  const { provider = PROVIDER, action = {}, readFile } = options;
  const change = (configuration: object) => ({ ...configuration, providers: new Map([['provider', provider]]) });
  const { routes } = compileEntries([entry('orders', {}, { authenticate: { ...BEARER, ...changes }, ...action })], {
    change: change as never,
    ...(readFile && { readFile }),
  });
  return routes[0] as Route;
}

function problemOf(changes: Partial<AuthenticateConfiguration>): string {
  try {
    compiled(changes);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return '';
}

describe('an entry with callers', () => {
  test('reads the token with its prefix and no more than the provider allows, or refuses it with 401', () => {
    const route = compiled();
    expect(route).toMatchObject({
      kind: 'decide',
      inputs: [
        {
          source: 'header',
          name: 'authorization',
          maximumBytes: 16_391,
          refusal: { status: 401, body: 'unauthorized\n' },
        },
        { source: 'header', name: 'x-client-id' },
        { source: 'header', name: 'x-client-secret' },
      ],
      strip: ['authorization', 'x-client-id', 'x-client-secret'],
      stripCookies: [],
    });
  });

  test('strips cookies, and every header that a claim may or may not fill', () => {
    const route = compiled({
      from: [{ from: 'cookie', cookie: 'Session' }],
      afterwards: { kind: 'forwardAs', header: 'X-Caller' },
      claimToHeaders: [{ claim: 'sub', header: 'X-User', format: 'plain' }],
      forwardPayloadHeader: 'X-Payload',
    });
    expect(route.stripCookies).toEqual(['Session']);
    expect(route.strip).toEqual(['x-caller', 'x-payload', 'x-user', 'x-client-id', 'x-client-secret']);
  });

  test('asks for each claim of jwt_authn once', () => {
    const route = compiled({
      envoyClaims: [
        { claim: 'jwt.sub', rule: 'present' },
        { claim: 'jwt.sub', rule: 'equals', value: 'a' },
      ],
    });
    const claims = route.kind === 'decide' ? route.inputs.filter(({ source }) => source === 'claim') : [];
    expect(claims).toMatchObject([{ name: 'jwt.sub', maximumBytes: 1024, refusal: { status: 403 } }]);
  });

  test('decides and injects nothing where it would pass', () => {
    expect(compiled({}, { action: { kind: 'pass' } })).toMatchObject({ kind: 'decide', action: undefined });
  });

  test.each<readonly [Partial<AuthenticateConfiguration>, RegExp]>([
    [{ providers: ['nobody'] }, /names a provider nobody that does not exist; known: provider/],
    [{ providers: [] }, /names no providers, envoyClaims or workloads/],
    [
      { envoyClaims: [{ claim: 'jwt.https://example.com/groups', rule: 'present' }] },
      /envoyClaims: the claim "jwt\.https:\/\/example\.com\/groups" cannot be read from Envoy/,
    ],
    [
      {
        claimToHeaders: Array.from({ length: 50 }, (_, index) => {
          return { claim: 'a', header: `x-${index}`, format: 'plain' as const };
        }),
        claimToFilterState: Array.from({ length: 14 }, (_, index) => {
          return { claim: 'a', name: `a${index}`, format: 'plain' as const };
        }),
      },
      /sets 65 headers and fields of filter state; the most is 64/,
    ],
    [{ from: [] }, /names no place to look for the token/],
    [{ from: [{ from: 'header', header: 'X-Client-Id', prefix: '', prefixRequired: false }] }, /from one header/],
    [{ from: [{ from: 'header', header: 'host', prefix: '', prefixRequired: false }] }, /"host" belongs/],
    [{ afterwards: { kind: 'keep' } }, /sets the header authorization to a token of the issuer's/],
    [{ afterwards: { kind: 'forwardAs', header: 'Authorization' } }, /sets the header authorization to a token/],
    [{ claimToHeaders: [{ claim: 'a', header: 'authorization', format: 'plain' }] }, /sets the header authorization/],
    [{ forwardPayloadHeader: 'x-a', afterwards: { kind: 'forwardAs', header: 'X-A' } }, /x-a for two purposes/],
    [{ claimToHeaders: [{ claim: 'a', header: 'x-broker-route', format: 'plain' }] }, /begins with x-broker-/],
  ])('%o is refused', (changes, problem) => {
    expect(problemOf(changes)).toMatch(problem);
  });
});

describe("the route's digest", () => {
  const changes: readonly (readonly [string, Partial<ProviderConfiguration>])[] = [
    ['an inline key', { keys: { remote: undefined, local: keySetOf(key, other) } }],
    ['the issuers', { issuers: ['https://another.example'] }],
    ['the audiences', { audiences: ['another'] }],
    ['the algorithms', { algorithms: ['ES256'] }],
    ['the clock skew', { clockSkew: 1000 }],
    ['a rule', { requiredClaims: [{ claim: 'groups', rule: 'contains', value: 'staff' }] }],
    ['the type', { type: 'at+jwt' }],
    ['where the keys are', { keys: { remote: remoteAt('https://issuer.example/keys'), local: undefined } }],
  ];

  test.each(changes)('changes with %s', (_what, change) => {
    expect(compiled({}, { provider: { ...PROVIDER, ...change } }).digest).not.toBe(compiled().digest);
  });

  test.each<Partial<AuthenticateConfiguration>>([
    { requiredScopes: ['a'] },
    { unauthenticated: 'allowMissing' },
    { maximumDecisionAge: 1000 },
    { afterwards: { kind: 'forwardAs', header: 'x-a' } },
    { claimToHeaders: [{ claim: 'a', header: 'x-a', format: 'plain' }] },
    { claimToFilterState: [{ claim: 'a', name: 'a', format: 'plain' }] },
    { envoyClaims: [{ claim: 'jwt.sub', rule: 'present' }] },
  ])('changes with %o', (change) => {
    expect(compiled(change).digest).not.toBe(compiled().digest);
  });

  test('changes with the authorities that the keys are fetched by, and not with how often', () => {
    const remote = (caFile: string | undefined, cooldown = 1000) => {
      const keys = { remote: remoteAt('https://issuer.example/keys', { caFile, cooldown }), local: undefined };
      return { ...PROVIDER, keys };
    };
    const digest = (provider: ProviderConfiguration, content = '') =>
      compiled({}, { provider, readFile: () => Buffer.from(content) }).digest;
    expect(digest(remote('/ca.pem'), 'a')).not.toBe(digest(remote('/ca.pem'), 'b'));
    expect(digest(remote(undefined, 2000))).toBe(digest(remote(undefined)));
  });

  test('without callers is another', () => {
    const [route] = compileEntries([entry('orders')]).routes;
    expect(route?.digest).not.toBe(compiled().digest);
  });
});
