import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../control/config/problems.ts';
import type { Route } from '../../../control/decide/route.ts';
import { PolicyBuilder } from '../../../control/policy/build-policy.ts';
import { deriveKeys, randomRoot } from '../../../control/policy/keys.ts';
import { Secret } from '../../../control/secret.ts';
import { createSigningKey, keySetOf } from '../../../tools/tokens/signing-key.ts';
import { type ExchangeEntry, exchangeConfiguration, exchangeFile } from '../exchange-mode.ts';

const KEYS = deriveKeys(new Secret('k'.repeat(32)), randomRoot());
const PROVIDERS = {
  providers: { callers: { issuer: 'i', audiences: ['a'], jwks: { inline: JSON.parse(keySetOf(createSigningKey())) } } },
};

function compiled(action: ExchangeEntry = {}, issuer: object = {}, files: Record<string, string> = {}): Route {
  const configuration = exchangeConfiguration(exchangeFile(action, PROVIDERS, issuer), files);
  const context = { keys: KEYS, readFile: (path: string) => Buffer.from(path) };
  const { routes } = new PolicyBuilder().build(configuration, [], context, 0).table;
  return routes[0] as Route;
}

function problemsOf(action: ExchangeEntry, issuer?: object): string {
  try {
    compiled(action, issuer);
    return '';
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems.map(({ message }) => message).join('\n');
    throw error;
  }
}

const callers = { authenticate: { providers: ['callers'] } };

describe('a route that exchanges', () => {
  test('reads the Bearer token, up to 16 KiB, and lets the backend see none of it', () => {
    expect(compiled()).toMatchObject({
      kind: 'decide',
      inputs: [
        {
          source: 'header',
          name: 'authorization',
          maximumBytes: 16_384 + 'Bearer '.length,
          refusal: { status: 401, body: 'invalid subject token\n' },
        },
      ],
      strip: ['authorization'],
    });
  });

  test('reads what authentication reads once, where that verifies tokens', () => {
    const route = compiled(callers);
    expect(route).toMatchObject({ inputs: [{ name: 'authorization' }], action: { subjectToken: undefined } });
  });

  test("reads subject and actor where it is told, and strips both and the token's headers", () => {
    const route = compiled({
      subjectToken: { cookie: 'session' },
      actorToken: { header: 'X-Actor', prefix: 'Bearer ' },
      tokenHeaders: [{ field: 'scope', header: 'X-Scope' }],
      strip: ['x-debug'],
    });
    expect(route).toMatchObject({
      inputs: [
        { source: 'cookie', name: 'session', maximumBytes: 16_384 },
        { source: 'header', name: 'x-actor', maximumBytes: 16_391, refusal: { body: 'invalid actor token\n' } },
      ],
      strip: ['x-actor', 'x-scope', 'x-debug'],
      stripCookies: ['session'],
    });
  });

  test.each<[string, ExchangeEntry, RegExp, object?]>([
    ['an issuer that is not there', { issuerRef: 'none' }, /names an issuer none that does not exist; known: dex/],
    ['no secret where the issuer wants one', { clientSecret: undefined as never }, /needs clientSecret, because its/],
    ['a header for subject and actor', { actorToken: { header: 'authorization' } }, /reads two parts/],
    [
      'the header that authenticate reads',
      { ...callers, subjectToken: { header: 'authorization' } },
      /reads two parts/,
    ],
    ['a header of the connection', { subjectToken: { header: 'host' } }, /subjectToken: the header "host"/],
    ['a header of ours', { actorToken: { header: 'x-broker-a' } }, /actorToken: the header "x-broker-a"/],
    [
      "the caller's token kept where ours goes",
      { authenticate: { providers: ['callers'], afterwards: 'keep' } },
      /sets the header authorization to a token of the issuer's and to something of the caller's/,
    ],
  ])('may not have %s', (_name, action, expected, issuer) => {
    expect(problemsOf(action, issuer)).toMatch(expected);
  });

  test('needs no secret where a key or a certificate proves who the client is', () => {
    const method = { clientAuthentication: { method: 'tls_client_auth', certificateFile: '/c', keyFile: '/k' } };
    expect(problemsOf({ clientSecret: undefined as never }, method)).not.toContain('needs clientSecret');
  });
});

test('the digest changes with everything that a decision depends on', () => {
  const TYPE = 'urn:ietf:params:oauth:token-type:';
  const files = { '/a': 'actor-1', '/b': 'actor-2' };
  const digests = [
    ...[{}, callers, { clientId: { value: 'other' } }, { clientSecret: { value: 'rotated' } }],
    ...[{ scope: { value: 'read' } }, { resources: ['urn:a'] }, { resources: ['urn:a', 'urn:b'] }],
    ...[{ audiences: ['urn:a'] }, { audiences: ['urn:b', 'urn:a'] }, { audiences: ['urn:a', 'urn:b'] }],
    ...[{ subjectToken: { header: 'x-user' } }, { subjectToken: { header: 'x-user', prefix: 'Bearer ' } }],
    ...[{ subjectToken: { cookie: 'x-user' } }, { subjectTokenType: `${TYPE}jwt` }],
    ...[{ requestedTokenType: `${TYPE}jwt` }, { requestedTokenType: `${TYPE}access_token` }],
    ...[{ actorToken: { header: 'x-a' } }, { actorToken: { file: '/a' } }, { actorToken: { file: '/b' } }],
    ...[{ actorToken: { file: '/a', type: `${TYPE}jwt` } }, { extraParameters: { a: 'b' } }],
    ...[{ extraParameters: { a: 'c' } }, { maximumDecisionAge: '1m' }, { authorizationHeader: 'x-token' }],
    ...[{ tokenHeaders: [{ field: 'scope', header: 'x-s' }] }, { strip: ['x-debug'] }],
  ].map((action) => compiled(action as ExchangeEntry, {}, files).digest);
  expect(new Set(digests).size).toBe(digests.length);
  expect(compiled({ actorToken: { file: '/a' } }, {}, files).digest).toBe(
    compiled({ actorToken: { file: '/b' } }, {}, { '/b': 'actor-1' }).digest,
  );
});
