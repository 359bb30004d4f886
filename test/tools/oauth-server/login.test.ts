import { createHash, randomBytes } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Visitor } from '../../../tools/login/visitor.ts';
import { type OAuthServer, startOAuthServer } from '../../../tools/oauth-server/server.ts';

const CLIENT = { id: 'application', secret: 'application-secret' };
const REDIRECT_URI = 'http://localhost:9/callback';
const RESOURCE = 'https://api.example';
const PERSON = { id: 'alice', name: 'Alice <b>', email: 'alice@example.com', password: 'pass word', groups: ['staff'] };

let server: OAuthServer;

beforeAll(async () => {
  server = await startOAuthServer({
    people: [PERSON],
    audiences: ['orders'],
    clients: [
      {
        ...CLIENT,
        scope: 'openid profile email groups offline_access',
        redirectUris: [REDIRECT_URI],
        postLogoutRedirectUris: ['http://localhost:9/'],
      },
      { id: 'broker', secret: 'broker-secret', scope: 'groups' },
    ],
  });
});

afterAll(() => server.close());

interface Login {
  readonly visitor: Visitor;
  readonly verifier: string;
  readonly address: URL;
}

function begin(changes: Record<string, string | undefined> = {}): Login {
  const verifier = randomBytes(32).toString('base64url');
  const parameters = {
    client_id: CLIENT.id,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: 'openid profile email groups offline_access',
    resource: RESOURCE,
    state: 'a state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...changes,
  };
  const address = new URL(server.authorizationEndpoint);
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) address.searchParams.set(name, value);
  const visitor = new Visitor({ stopBefore: '/callback' });
  onTestFinished(() => visitor.stop());
  return { visitor, verifier, address };
}

/** Logs in; the address at which the person would come back. */
async function comeBack({ visitor, address }: Login, fields = {}): Promise<URL> {
  const form = await visitor.open(address);
  const { next } = await visitor.submit(form, {
    login: PERSON.email,
    password: PERSON.password,
    action: 'log-in',
    ...fields,
  });
  if (next === undefined) throw new Error('nobody came back');
  return next;
}

async function requestTokens(parameters: Record<string, string>, { id, secret } = CLIENT) {
  const answer = await fetch(server.tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${encodeURIComponent(secret)}`)}` },
    body: new URLSearchParams(parameters),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
}

function redeem(callback: URL, verifier: string) {
  const code = callback.searchParams.get('code') ?? '';
  return requestTokens({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: verifier });
}

async function verify(token = '', audience: string): Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(server.jwksUri));
  return (await jwtVerify(token, keys, { issuer: server.url, audience })).payload;
}

describe('a login', () => {
  test('gives tokens of that person: an access token for the resource, an ID token for the client', async () => {
    const login = begin();
    const { status, body } = await redeem(await comeBack(login), login.verifier);
    expect(status).toBe(200);
    const { id, name, email, groups } = PERSON;
    expect(await verify(body.access_token, RESOURCE)).toMatchObject({ sub: id, client_id: CLIENT.id, groups });
    expect(await verify(body.id_token, CLIENT.id)).toMatchObject({ sub: id });
    expect(decodeJwt(body.access_token ?? '')).toMatchObject({ name, email });
  });

  test('lasts: the refresh token gives more of them, as often as it is asked, and the person is known', async () => {
    const login = begin();
    const { body } = await redeem(await comeBack(login), login.verifier);
    const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token ?? '' };
    const answers = await Promise.all([1, 2, 3].map(() => requestTokens(refresh)));
    for (const answer of answers) {
      expect(await verify(answer.body.access_token, RESOURCE)).toMatchObject({ sub: PERSON.id });
    }
    expect((await login.visitor.open(login.address)).next?.searchParams.has('code')).toBe(true);
  });

  test('gives a token that can be exchanged for its person', async () => {
    const login = begin();
    const { body } = await redeem(await comeBack(login), login.verifier);
    const exchange = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: body.access_token ?? '',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: 'orders',
    };
    const exchanged = await requestTokens(exchange, { id: 'broker', secret: 'broker-secret' });
    expect(await verify(exchanged.body.access_token, 'orders')).toMatchObject({ sub: PERSON.id, client_id: 'broker' });
  });

  test('ends with the session, and the refresh token with it', async () => {
    const login = begin();
    const { body } = await redeem(await comeBack(login), login.verifier);
    const address = new URL(server.endSessionEndpoint);
    address.searchParams.set('id_token_hint', body.id_token ?? '');
    await login.visitor.submit(await login.visitor.open(address), { logout: 'yes' });
    const refreshed = await requestTokens({ grant_type: 'refresh_token', refresh_token: body.refresh_token ?? '' });
    expect(refreshed).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await login.visitor.open(login.address)).body).toContain('name="password"');
  });
});

describe('what is no login', () => {
  test.each([
    ['a wrong password', { password: 'wrong' }],
    ['somebody unknown', { login: 'mallory@example.com' }],
    ['nothing at all', { login: '', password: '' }],
  ])('%s: the page comes again', async (_what, fields) => {
    const { visitor, address } = begin();
    const form = await visitor.open(address);
    const credentials = { login: PERSON.email, password: PERSON.password, action: 'log-in', ...fields };
    const again = await visitor.submit(form, credentials);
    expect([again.status, again.next]).toEqual([403, undefined]);
    expect(again.body).toContain('is wrong');
  });

  test('a login that was cancelled comes back with that', async () => {
    const callback = await comeBack(begin(), { action: 'cancel' });
    expect(callback.searchParams.get('error')).toBe('access_denied');
  });

  test('a code without its verifier, or a second time', async () => {
    const login = begin();
    const callback = await comeBack(login);
    expect(await redeem(callback, randomBytes(32).toString('base64url'))).toMatchObject({ status: 400 });
    const other = begin();
    const good = await comeBack(other);
    expect((await redeem(good, other.verifier)).status).toBe(200);
    expect(await redeem(good, other.verifier)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  test.each([
    ['no code challenge', { code_challenge: undefined, code_challenge_method: undefined }],
    ['a scope of nobody', { scope: 'openid admin' }],
  ])('%s is refused', async (_what, changes) => {
    const { visitor, address } = begin(changes);
    expect((await visitor.open(address)).next?.searchParams.get('error')).toMatch(/^invalid_/);
  });

  test('another way back leads nowhere', async () => {
    const { visitor, address } = begin({ redirect_uri: 'http://evil.example/callback' });
    const page = await visitor.open(address);
    expect([page.status, page.next]).toEqual([400, undefined]);
    expect(page.body).toContain('<h1>That did not work</h1>');
  });

  test('what somebody writes into the form is text on the page', async () => {
    const { visitor, address } = begin();
    const again = await visitor.submit(await visitor.open(address), { login: '"><script>', password: 'x' });
    expect(again.body).not.toContain('<script>');
  });

  test('a form that belongs to another browser has expired', async () => {
    const { visitor, address } = begin();
    const form = await visitor.open(address);
    expect((await begin().visitor.open(form.url)).status).toBe(400);
  });
});
