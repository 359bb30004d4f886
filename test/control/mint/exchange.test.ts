import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../control/secret.ts';
import { answer, answerToken, type IssuerStub, startIssuerStub } from '../../support/issuer-stub.ts';
import { exchangeRequest } from '../decide/exchange-request.ts';
import { type ClosableMinter, issuerAt, minterFor, refusalOf } from './minting.ts';

const TYPE = 'urn:ietf:params:oauth:token-type:';
const ISSUED = { issued_token_type: `${TYPE}access_token` };

let stub: IssuerStub;
let minter: ClosableMinter;

beforeAll(async () => {
  stub = await startIssuerStub();
  const extraParameters = new Map([
    ['audience', 'of-the-issuer'],
    ['connector_id', 'of-the-issuer'],
  ]);
  minter = minterFor(issuerAt(stub.tokenEndpoint, { extraParameters }));
});

afterAll(async () => {
  await minter.close();
  await stub.close();
});

describe('the request of an exchange', () => {
  test('holds every parameter, repeated where there are several values', async () => {
    stub.respondWith(answerToken({ issued_token_type: `${TYPE}jwt` }));
    await minter.mint(
      exchangeRequest({
        scope: 'read write',
        requestedTokenType: `${TYPE}jwt`,
        issuedTokenType: `${TYPE}jwt`,
        actorToken: new Secret('actor'),
        actorTokenType: `${TYPE}id_token`,
        resources: ['https://a.example', 'https://b.example'],
        audiences: ['a', 'b'],
        extraParameters: new Map([['connector_id', 'mock']]),
      }),
    );
    expect([...(stub.requests.at(-1)?.form ?? [])].sort()).toEqual([
      ['actor_token', 'actor'],
      ['actor_token_type', `${TYPE}id_token`],
      ['audience', 'a'],
      ['audience', 'b'],
      ['connector_id', 'mock'],
      ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      ['requested_token_type', `${TYPE}jwt`],
      ['resource', 'https://a.example'],
      ['resource', 'https://b.example'],
      ['scope', 'read write'],
      ['subject_token', 'planted-subject'],
      ['subject_token_type', `${TYPE}access_token`],
    ]);
  });

  test("leaves out what is not asked for, and keeps the issuer's own parameters", async () => {
    stub.respondWith(answerToken(ISSUED));
    await minter.mint(exchangeRequest());
    const { form, headers } = stub.requests.at(-1) ?? { form: new URLSearchParams(), headers: {} };
    expect([...form.keys()].sort()).toEqual([
      ...['audience', 'connector_id', 'grant_type', 'subject_token', 'subject_token_type'],
    ]);
    expect(form.get('audience')).toBe('of-the-issuer');
    expect(headers.authorization).toBe(`Basic ${btoa('broker:broker-secret')}`);
  });
});

describe("the request that has the caller's token as an assertion (RFC 7523)", () => {
  const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  const assertion = { grant: JWT_BEARER, grantType: JWT_BEARER, issuedTokenType: undefined, scope: 'api' } as const;

  test.each([
    [
      false,
      [
        ['assertion', 'planted-subject'],
        ['grant_type', JWT_BEARER],
        ['scope', 'api'],
      ],
    ],
    [
      true,
      [
        ['assertion', 'planted-subject'],
        ['grant_type', JWT_BEARER],
        ['requested_token_use', 'on_behalf_of'],
        ['scope', 'api'],
      ],
    ],
  ])('on behalf of: %s', async (onBehalfOf, expected) => {
    stub.respondWith(answerToken({ token_type: 'Bearer' }));
    const token = await minter.mint(exchangeRequest({ ...assertion, onBehalfOf }));
    expect(token.accessToken.reveal()).toBe('stub-token');
    const form = [...(stub.requests.at(-1)?.form ?? [])].filter(
      ([name]) => !['audience', 'connector_id'].includes(name),
    );
    expect(form.sort()).toEqual(expected);
  });

  test('is refused as an exchange is, also where more is wanted of the subject', async () => {
    for (const error of ['invalid_grant', 'interaction_required']) {
      stub.respondWith(answer(JSON.stringify({ error }), 400));
      expect(await refusalOf(minter.mint(exchangeRequest(assertion)))).toMatchObject({
        code: 'subject_token_rejected',
      });
    }
  });
});

test('the grant type may be one of the issuer alone', async () => {
  stub.respondWith(answerToken(ISSUED));
  await minter.mint(exchangeRequest({ grantType: 'urn:example:exchange' }));
  expect(stub.requests.at(-1)?.form.get('grant_type')).toBe('urn:example:exchange');
});

test('where the operator says so, whatever type of token an answer names is good', async () => {
  for (const members of [{}, { issued_token_type: `${TYPE}jwt` }]) {
    stub.respondWith(answerToken({ token_type: 'Bearer', ...members }));
    expect((await minter.mint(exchangeRequest({ issuedTokenType: undefined }))).lifetime).toBeGreaterThan(0);
  }
});

describe('what callers see of the issuer', () => {
  const refused = answer(JSON.stringify({ error: 'invalid_target', error_description: 'no such API' }), 400);
  const seen = async (showErrors: boolean) => {
    const own = minterFor(issuerAt(stub.tokenEndpoint, { showErrors }));
    stub.respondWith(refused);
    const { issuer } = await refusalOf(own.mint(exchangeRequest()));
    await own.close();
    return issuer;
  };

  test('is its registered error, and its own words only where the operator says so', async () => {
    expect(await seen(false)).toEqual({ status: 400, error: 'invalid_target' });
    expect(await seen(true)).toEqual({ status: 400, error: 'invalid_target', description: 'no such API' });
  });
});

describe('the answer to an exchange', () => {
  test.each([undefined, `${TYPE}access_token`])('is a token of the type %s', async (requestedTokenType) => {
    stub.respondWith(answerToken({ ...ISSUED, token_type: 'bearer', expires_in: 60 }));
    const token = await minter.mint(exchangeRequest({ requestedTokenType }));
    expect([token.accessToken.reveal(), token.lifetime]).toEqual(['stub-token', 60_000]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['no issued type', {}],
    ['an issued type that is null', { issued_token_type: null }],
    ['an issued type that is no text', { issued_token_type: 7 }],
    ['another issued type', { issued_token_type: `${TYPE}refresh_token` }],
    ['no token type', { ...ISSUED, token_type: undefined }],
    ['an empty token type', { ...ISSUED, token_type: '' }],
    ['a token type that is null', { ...ISSUED, token_type: null }],
    ['a token that is none to be sent', { ...ISSUED, token_type: 'N_A' }],
    ['a token that is bound to a key', { ...ISSUED, token_type: 'DPoP' }],
    ['no token', { ...ISSUED, access_token: undefined }],
    ['a token that no header carries', { ...ISSUED, access_token: 'a\r\nb' }],
    ['a lifetime that is none', { ...ISSUED, expires_in: -1 }],
  ])('with %s is refused (502)', async (_name, members) => {
    stub.respondWith(answerToken(members));
    const refusal = await refusalOf(minter.mint(exchangeRequest()));
    expect(refusal).toMatchObject({ code: 'invalid_token_response', status: 502 });
    expect(String(refusal.cause)).not.toContain('stub-token');
  });

  test.each([
    [400, 'invalid_grant', 'subject_token_rejected', 401],
    [400, 'invalid_request', 'subject_token_rejected', 401],
    [401, 'access_denied', 'subject_token_rejected', 401],
    [403, 'access_denied', 'exchange_denied', 403],
    [400, 'invalid_target', 'exchange_target_refused', 403],
    [400, 'invalid_scope', 'exchange_scope_refused', 403],
    [401, 'invalid_client', 'issuer_refused', 502],
    [400, 'invalid_client', 'issuer_refused', 502],
    [400, 'unauthorized_client', 'issuer_refused', 502],
    [400, 'unsupported_grant_type', 'issuer_refused', 502],
    [400, 'planted_error', 'issuer_refused', 502],
    [404, '', 'issuer_refused', 502],
    [302, '', 'issuer_refused', 502],
    [500, 'invalid_grant', 'issuer_refused', 502],
    [503, '', 'issuer_refused', 502],
    [429, 'invalid_grant', 'issuer_busy', 503],
  ])('%i %s is refused with %s (%i)', async (status, error, code, ours) => {
    stub.respondWith(answer(JSON.stringify({ error, error_description: 'planted words' }), status));
    const refusal = await refusalOf(minter.mint(exchangeRequest()));
    expect(refusal).toMatchObject({ code, status: ours });
    expect(`${refusal.message} ${refusal.cause}`).not.toMatch(/planted/);
  });

  test('that never comes is refused (503)', async () => {
    stub.respondWith((response) => response.socket?.destroy());
    expect(await refusalOf(minter.mint(exchangeRequest()))).toMatchObject({ code: 'issuer_unavailable', status: 503 });
  });
});
