import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answer, type IssuerStub, startIssuerStub } from '../../support/issuer-stub.ts';
import { type ClosableMinter, issuerAt, minterFor, refusalOf, tokenRequest } from './minting.ts';

let stub: IssuerStub;
let minter: ClosableMinter;

beforeAll(async () => {
  stub = await startIssuerStub();
  minter = minterFor(issuerAt(stub.tokenEndpoint));
});

afterAll(async () => {
  await minter.close();
  await stub.close();
});

async function refusalTo(status: number, body = '', headers: Record<string, string> = {}) {
  stub.respondWith(answer(body, status, headers));
  return refusalOf(minter.mint(tokenRequest()));
}

describe('an answer other than 200', () => {
  test.each([400, 401, 403, 404, 405, 418])('%i means that the credentials were rejected (401)', async (status) => {
    expect(await refusalTo(status)).toMatchObject({
      code: 'credentials_rejected',
      status: 401,
      message: 'token request failed',
      retryAfter: undefined,
    });
  });

  test.each([500, 502, 503, 504, 599])('%i means that the issuer failed (502)', async (status) => {
    expect(await refusalTo(status)).toMatchObject({
      code: 'issuer_refused',
      status: 502,
      message: 'token request failed',
    });
  });

  test.each([201, 204, 300, 304])('%i is no token response (502)', async (status) => {
    expect(await refusalTo(status)).toMatchObject({ code: 'issuer_refused', status: 502 });
  });

  test.each([301, 302, 303, 307, 308])('%i is not followed (502)', async (status) => {
    const elsewhere = await startIssuerStub();
    try {
      const refusal = await refusalTo(status, '', { location: elsewhere.tokenEndpoint.href });
      expect(refusal).toMatchObject({ code: 'issuer_refused', status: 502 });
      expect(elsewhere.requests).toEqual([]);
    } finally {
      await elsewhere.close();
    }
  });

  test('a token in an answer that is not 200 counts for nothing', async () => {
    expect(await refusalTo(202, '{"access_token":"abc","token_type":"Bearer"}')).toMatchObject({ status: 502 });
  });

  test.each([
    ['invalid_client', 401],
    ['invalid_scope', 400],
  ])('names %s in the evidence', async (error, status) => {
    const refusal = await refusalTo(status, JSON.stringify({ error, error_description: 'secret words' }));
    expect((refusal.cause as Error).message).toBe(`the issuer answered ${status} ${error}`);
  });

  test.each(['"secret words"', '7', '{"x":1}'])('does not repeat an error of %s', async (error) => {
    const refusal = await refusalTo(400, `{"error":${error}}`);
    expect((refusal.cause as Error).message).toBe('the issuer answered 400');
  });
});

describe('an issuer that asks to be left alone', () => {
  test.each([
    ['in seconds', '7', 7],
    ['for longer than a minute', '86400', 60],
    ['until a date that has passed', 'Mon, 01 Jan 2001 00:00:00 GMT', 1],
    ['in words', 'later', 1],
  ])('%s: its 429 becomes a 503', async (_name, retryAfter, expected) => {
    const own = await startIssuerStub(answer('', 429, { 'retry-after': retryAfter }));
    const patient = minterFor(issuerAt(own.tokenEndpoint));
    try {
      const refusal = await refusalOf(patient.mint(tokenRequest()));
      expect(refusal).toMatchObject({ code: 'issuer_busy', status: 503, retryAfter: expected });
    } finally {
      await patient.close();
      await own.close();
    }
  });
});
