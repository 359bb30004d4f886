import { afterEach, describe, expect, test } from 'vitest';
import { type Booted, boot, routeReference } from '../boot.ts';

let booted: Booted;

afterEach(() => booted.close());

/** Sends a request's headers as they stand, by `/check` and by `/v1/decide`. */
async function ask(headers: Record<string, string | string[]>, environment: Record<string, string> = {}) {
  booted = boot({ environment });
  const route = await routeReference(booted);
  const asKeys = Object.entries(headers).map(([name, value]) => [`x-broker-key-${name.toLowerCase()}`, value]);
  const check = await booted.check?.inject({ url: '/check', headers });
  const decide = await booted.filter?.inject({
    method: 'POST',
    url: '/v1/decide',
    headers: { ...Object.fromEntries(asKeys), 'x-broker-route': route },
  });
  return [check, decide].map((answer) => [answer?.statusCode, answer?.body]);
}

const bytes = (text: string) => Buffer.from(text).toString('latin1');
const ID = { 'x-client-id': 'app' };
const SECRET = { 'x-client-secret': 'app-secret' };

describe('credentials that are refused, by both ways in', () => {
  test.each<[string, Record<string, string | string[]>, number, string]>([
    ['none', {}, 401, 'missing credentials\n'],
    ['no id', SECRET, 401, 'missing credentials\n'],
    ['no secret', ID, 401, 'missing credentials\n'],
    ['an empty id', { 'x-client-id': '', ...SECRET }, 401, 'missing credentials\n'],
    ['a blank id', { 'x-client-id': ' \t ', ...SECRET }, 401, 'missing credentials\n'],
    ['an empty secret', { ...ID, 'x-client-secret': '' }, 401, 'missing credentials\n'],
    ['a long id', { 'x-client-id': 'a'.repeat(257), ...SECRET }, 400, 'X-Client-Id too long\n'],
    ['an id long in bytes', { 'x-client-id': bytes('ü'.repeat(129)), ...SECRET }, 400, 'X-Client-Id too long\n'],
    ['a long secret', { ...ID, 'x-client-secret': 'a'.repeat(4097) }, 400, 'X-Client-Secret too long\n'],
    ['a long scope', { ...ID, ...SECRET, 'x-scope': 'a'.repeat(1025) }, 400, 'X-Scope too long\n'],
    ['a tab in the id', { 'x-client-id': 'a\tb', ...SECRET }, 400, 'header contains invalid characters\n'],
    ['a tab in the secret', { ...ID, 'x-client-secret': 'a\tb' }, 400, 'header contains invalid characters\n'],
    ['a tab in the scope', { ...ID, ...SECRET, 'x-scope': 'a\tb' }, 400, 'header contains invalid characters\n'],
    ['DEL in the scope', { ...ID, ...SECRET, 'x-scope': 'a\x7f' }, 400, 'header contains invalid characters\n'],
    ['latin1 in the id', { 'x-client-id': 'J\xfcrgen', ...SECRET }, 400, 'header contains invalid characters\n'],
    ['overlong UTF-8', { ...ID, 'x-client-secret': '\xc0\xaf' }, 400, 'header contains invalid characters\n'],
    ['two ids', { 'x-client-id': ['app', 'app'], ...SECRET }, 400, 'header sent more than once\n'],
    ['two secrets', { ...ID, 'x-client-secret': ['a', 'b'] }, 400, 'header sent more than once\n'],
    ['two scopes', { ...ID, ...SECRET, 'x-scope': ['a', 'b'] }, 400, 'header sent more than once\n'],
  ])('%s', async (_name, headers, status, body) => {
    expect(await ask(headers)).toEqual([
      [status, body],
      [status, body],
    ]);
    expect(booted.tokenRequests).toEqual([]);
  });
});

describe('credentials that are taken', () => {
  test.each<[string, Record<string, string>, { clientId: string; secret: string; scope: string | undefined }]>([
    [
      'at their limits',
      { 'x-client-id': 'a'.repeat(256), 'x-client-secret': 'b'.repeat(4096), 'x-scope': 'c'.repeat(1024) },
      { clientId: 'a'.repeat(256), secret: 'b'.repeat(4096), scope: 'c'.repeat(1024) },
    ],
    [
      'with a colon in the id',
      { 'x-client-id': 'urn:app', ...SECRET },
      { clientId: 'urn:app', secret: 'app-secret', scope: undefined },
    ],
    [
      'in UTF-8',
      { 'x-client-id': bytes('Jürgen'), 'x-client-secret': bytes('密码') },
      { clientId: 'Jürgen', secret: '密码', scope: undefined },
    ],
    [
      'with blanks around',
      { 'x-client-id': ' app ', ...SECRET, 'x-scope': ' a b ' },
      { clientId: 'app', secret: 'app-secret', scope: 'a b' },
    ],
    [
      'with an empty scope',
      { ...ID, ...SECRET, 'x-scope': '' },
      { clientId: 'app', secret: 'app-secret', scope: undefined },
    ],
    [
      'with anything printable',
      { ...ID, 'x-client-secret': '%+&=:"\'<> ~' },
      { clientId: 'app', secret: '%+&=:"\'<> ~', scope: undefined },
    ],
  ])('%s', async (_name, headers, expected) => {
    expect((await ask(headers)).map(([status]) => status)).toEqual([200, 200]);
    const taken = booted.tokenRequests.map(({ clientId, clientSecret, scope }) => ({
      clientId,
      secret: clientSecret?.reveal(),
      scope,
    }));
    expect(taken).toEqual([expected]);
  });

  test.each<[Record<string, string>, Record<string, string>, unknown]>([
    [{ STATIC_CLIENT_ID: 's' }, SECRET, { clientId: 's', secret: 'app-secret', scope: undefined }],
    [{ STATIC_CLIENT_SECRET: 's' }, ID, { clientId: 'app', secret: 's', scope: undefined }],
    [
      { STATIC_SCOPE: 's' },
      { ...ID, ...SECRET, 'x-scope': 'own' },
      { clientId: 'app', secret: 'app-secret', scope: 's' },
    ],
    [
      { STATIC_CLIENT_ID: 's', STATIC_CLIENT_SECRET: 't', STATIC_SCOPE: 'u' },
      { ...ID, ...SECRET },
      { clientId: 's', secret: 't', scope: 'u' },
    ],
  ])('from the operator: %o', async (environment, headers, expected) => {
    expect((await ask(headers, environment)).map(([status]) => status)).toEqual([200, 200]);
    const [request] = booted.tokenRequests;
    expect({ clientId: request?.clientId, secret: request?.clientSecret?.reveal(), scope: request?.scope }).toEqual(
      expected,
    );
  });
});
