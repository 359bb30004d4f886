import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { IssuerConfiguration } from '../../../control/config/configuration.ts';
import type { ErrorCode } from '../../../control/errors.ts';
import { answer, answerToken, type IssuerStub, startIssuerStub } from '../../support/issuer-stub.ts';
import { issuerAt, minterFor, refusalOf, tokenRequest } from './minting.ts';

let stub: IssuerStub;

beforeAll(async () => {
  stub = await startIssuerStub();
});

afterAll(() => stub.close());

beforeEach(() => stub.respondWith(answerToken()));

async function sent(issuer: Partial<IssuerConfiguration>, request = tokenRequest()) {
  const minter = minterFor(issuerAt(stub.tokenEndpoint, issuer));
  await minter.mint(request);
  await minter.close();
  const last = stub.requests.at(-1);
  if (last === undefined) throw new Error('nothing was sent');
  return last;
}

describe('a token request', () => {
  test('is a form, sent by POST', async () => {
    const { method, headers, form } = await sent({}, tokenRequest('client', 'secret', 'read write'));
    expect(method).toBe('POST');
    expect(headers['content-type']).toMatch(/^application\/x-www-form-urlencoded\b/);
    expect(headers.accept).toBe('application/json');
    expect(Object.fromEntries(form)).toEqual({ grant_type: 'client_credentials', scope: 'read write' });
  });

  test('leaves the scope out when none was asked for', async () => {
    expect((await sent({}, tokenRequest('client', 'secret'))).form.has('scope')).toBe(false);
  });

  test('encodes Basic credentials as a form does, and no more than that', async () => {
    const { headers } = await sent({}, tokenRequest('my-app_1.b', 's:e&c r%+t/ü'));
    const credentials = Buffer.from(headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString();
    expect(credentials).toBe('my-app_1.b:s%3Ae%26c+r%25%2Bt%2F%C3%BC');
  });

  test('carries the secret in the form for client_secret_post', async () => {
    const { headers, form } = await sent({ clientAuthentication: { method: 'client_secret_post' } });
    expect(headers.authorization).toBeUndefined();
    expect(form.get('client_id')).toBe('client');
    expect(form.get('client_secret')).toBe('secret');
  });

  test('carries the extra parameters, which never stand in for its own', async () => {
    const extraParameters = new Map([
      ['audience', 'https://api.example/?a=b&c'],
      ['grant_type', 'password'],
      ['scope', 'admin'],
    ]);
    const { form } = await sent({ extraParameters }, tokenRequest('client', 'secret', 'read'));
    expect(form.getAll('audience')).toEqual(['https://api.example/?a=b&c']);
    expect(form.getAll('grant_type')).toEqual(['client_credentials']);
    expect(form.getAll('scope')).toEqual(['read']);
  });

  test.each(['client_secret_basic', 'client_secret_post'] as const)('needs a secret for %s', async (method) => {
    const minter = minterFor(issuerAt(stub.tokenEndpoint, { clientAuthentication: { method } }));
    const before = stub.requests.length;
    const refusal = await refusalOf(minter.mint({ ...tokenRequest(), clientSecret: undefined }));
    expect(refusal).toMatchObject({ code: 'internal', status: 503 });
    expect(stub.requests.length).toBe(before);
    await minter.close();
  });

  test('goes to no issuer that is not configured', async () => {
    const minter = minterFor(issuerAt(stub.tokenEndpoint));
    const refusal = await refusalOf(minter.mint({ ...tokenRequest(), issuer: 'other' }));
    expect(refusal).toMatchObject({ code: 'internal' });
    await minter.close();
  });
});

test('connections are kept and used again', async () => {
  const sockets = new Set<unknown>();
  stub.respondWith((response, request) => {
    sockets.add(response.socket?.remotePort);
    answerToken()(response, request);
  });
  const minter = minterFor(issuerAt(stub.tokenEndpoint));
  for (let index = 0; index < 5; index += 1) await minter.mint(tokenRequest());
  expect(sockets.size).toBeLessThan(3);
  await minter.close();
});

test('the observer hears of every outcome', async () => {
  const heard: [string, 'token' | ErrorCode][] = [];
  const minter = minterFor(issuerAt(stub.tokenEndpoint), {
    observer: {
      minted: (issuer, outcome, duration) => {
        expect(duration).toBeGreaterThan(0);
        heard.push([issuer, outcome]);
      },
    },
  });
  await minter.mint(tokenRequest());
  stub.respondWith(answer('', 401));
  await refusalOf(minter.mint(tokenRequest()));
  expect(heard).toEqual([
    ['issuer', 'token'],
    ['issuer', 'credentials_rejected'],
  ]);
  expect(minter.loads().get('issuer')).toEqual({ underWay: 0, waiting: 0 });
  await minter.close();
});
