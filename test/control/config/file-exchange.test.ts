import { describe, expect, test } from 'vitest';
import type { ExchangeDocument } from '../../../control/config/exchange-document.ts';
import { ConfigurationError } from '../../../control/config/problems.ts';
import { exchangeConfiguration, exchangeFile } from '../exchange-mode.ts';

const TYPE = 'urn:ietf:params:oauth:token-type:';
const FILES = { '/secret': 'from-a-file\n', '/actor': 'actor-token\n', '/lines': 'a\nb' };

function read(action: Partial<ExchangeDocument>) {
  const configuration = exchangeConfiguration(exchangeFile(action), FILES);
  const [entry] = configuration.policy.entries;
  if (entry?.action.kind !== 'exchange') throw new Error('the entry is another one');
  return entry.action;
}

function problemsOf(action: object): string {
  try {
    read(action);
    return '';
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.problems.map(({ setting, message }) => `${setting}: ${message}`).join('\n');
    }
    throw error;
  }
}

describe('the action exchange in a file', () => {
  test('needs little', () => {
    expect(read({})).toMatchObject({
      issuer: 'dex',
      resources: [],
      audiences: [],
      subjectToken: undefined,
      grant: 'tokenExchange',
      subjectTokenType: undefined,
      requestedTokenType: undefined,
      actorToken: undefined,
      extraParameters: new Map(),
      maximumDecisionAge: 300_000,
      authorizationHeader: 'authorization',
      strip: [],
    });
  });

  test('says everything', () => {
    const action = read({
      clientSecret: { file: '/secret' },
      scope: { value: 'read write' },
      resources: ['https://orders.example/api'],
      audiences: ['orders'],
      subjectToken: { header: 'x-user-token', prefix: 'Token ' },
      subjectTokenType: `${TYPE}id_token`,
      requestedTokenType: `${TYPE}jwt`,
      actorToken: { file: '/actor', type: `${TYPE}jwt` },
      extraParameters: { connector_id: 'mock' },
      maximumDecisionAge: '1m',
      authorizationHeader: 'x-token',
      tokenHeaders: [{ field: 'scope', header: 'x-scope' }],
      strip: ['x-debug'],
    });
    expect(action).toMatchObject({
      scope: 'read write',
      resources: ['https://orders.example/api'],
      audiences: ['orders'],
      subjectToken: { from: 'header', header: 'x-user-token', prefix: 'Token ', prefixRequired: true },
      subjectTokenType: `${TYPE}id_token`,
      requestedTokenType: `${TYPE}jwt`,
      actorToken: { type: `${TYPE}jwt`, source: { from: 'static' } },
      extraParameters: new Map([['connector_id', 'mock']]),
      maximumDecisionAge: 60_000,
      authorizationHeader: 'x-token',
    });
    expect(action.clientSecret?.reveal()).toBe('from-a-file');
    const source = action.actorToken?.source;
    expect(source?.from === 'static' && source.value.reveal()).toBe('actor-token');
  });

  test("takes the actor's token from the request", () => {
    expect(read({ actorToken: { header: 'x-actor' } }).actorToken).toEqual({
      type: `${TYPE}access_token`,
      source: { from: 'request', place: { from: 'header', header: 'x-actor', prefix: '', prefixRequired: false } },
    });
    expect(read({ actorToken: { cookie: 'actor' } }).actorToken?.source).toEqual({
      from: 'request',
      place: { from: 'cookie', cookie: 'actor' },
    });
  });

  test.each<[string, object, RegExp]>([
    ["the client's id of the caller's", { clientId: { header: 'x-client-id' } }, /clientId.header: is not a field/],
    ['a secret without its client', { clientId: undefined }, /exchange.clientSecret: stands without clientId/],
    [
      'an unknown field',
      { audience: 'orders' },
      /exchange.audience: is not a field; known here: issuerRef, grant, clientId/,
    ],
    [
      'a scope with two spaces',
      { scope: { value: 'read  write' } },
      /^policy entry default: exchange.scope: is not a list/,
    ],
    ['a scope with a quote', { scope: { value: 'a"planted' } }, /^policy entry default: exchange.scope: is not a list/],
    ['a resource that is no URI', { resources: ['orders'] }, /resources: "orders" is not an absolute URI/],
    ['a resource with a fragment', { resources: ['https://a/#b'] }, /resources: "https:\/\/a\/#b" is not an absolute/],
    ['a token type', { subjectTokenType: 'jwt' }, /subjectTokenType: must match pattern/],
    ['a refresh token', { requestedTokenType: `${TYPE}refresh_token` }, /requestedTokenType: would give backends/],
    [
      'a reserved parameter',
      { extraParameters: { subject_token: 'x' } },
      /extraParameters: "subject_token" is a param/,
    ],
    ['audience as a parameter', { extraParameters: { audience: 'x' } }, /extraParameters: holds resource or audience/],
    [
      'a type of an assertion',
      { grant: 'jwtBearer', subjectTokenType: `${TYPE}jwt` },
      /exchange.subjectTokenType: is not used by grant jwtBearer/,
    ],
    [
      'an actor beside an assertion',
      { grant: 'onBehalfOf', actorToken: { header: 'x' } },
      /actorToken: is not used by grant/,
    ],
    ['an age', { maximumDecisionAge: '100ms' }, /maximumDecisionAge: "100ms" is not from 1s to 24h/],
    ['an actor from nowhere', { actorToken: {} }, /actorToken: needs exactly one of/],
    ['an actor from two places', { actorToken: { header: 'x', file: '/actor' } }, /actorToken: needs exactly one of/],
    ['a prefix without a header', { actorToken: { file: '/actor', prefix: 'a' } }, /actorToken: needs exactly one of/],
    ['an actor in lines', { actorToken: { file: '/lines' } }, /actorToken: is no token: it is empty, or holds/],
    ['an actor that is not there', { actorToken: { file: '/none' } }, /actorToken: \/none cannot be read/],
    ['a secret that is not there', { clientSecret: { file: '/none' } }, /clientSecret: \/none cannot be read/],
  ])('refuses %s', (_name, action, expected) => {
    expect(problemsOf(action)).toMatch(expected);
    expect(problemsOf(action)).not.toContain('planted');
  });
});
