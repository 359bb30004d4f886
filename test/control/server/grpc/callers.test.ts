import { afterEach, describe, expect, test } from 'vitest';
import type { AuthenticateDocument } from '../../../../control/config/provider-document.ts';
import type { CheckRequest, Value } from '../../../../control/server/grpc/messages.ts';
import { createSigningKey } from '../../../../tools/tokens/signing-key.ts';
import { type CheckClient, headersIn, joinedHeaders, rawHeaders } from '../../../support/check-client.ts';
import { type Booted, boot } from '../../boot.ts';
import { callerToken, configurationWith } from '../../jwt-mode.ts';
import { connectGrpc } from './connect.ts';

const signingKey = createSigningKey();

let booted: Booted;
let client: CheckClient;

async function start(authenticate: AuthenticateDocument) {
  const { listeners, ...configuration } = configurationWith(signingKey, authenticate);
  const grpc = { address: { host: '127.0.0.1', port: 0 }, tls: undefined };
  booted = boot({ configuration: { ...configuration, listeners: { ...listeners, grpc } } });
  client = await connectGrpc(booted);
}

afterEach(async () => {
  client.close();
  await booted.close();
});

const token = (claims: object = {}) => callerToken(signingKey, booted.clock.now(), claims);

describe("a caller's JWT", () => {
  test.each([
    ['raw headers', rawHeaders],
    ['joined headers', joinedHeaders],
  ])('is verified and taken away, with %s', async (_how, message) => {
    await start({ providers: ['callers'] });
    const answer = await client.check(message({ headers: { authorization: `Bearer ${token()}` } }));
    expect(headersIn(answer)).toEqual({ authorization: 'Bearer token-1-of-broker' });
    for (const authorization of ['Bearer a.b.c', [`Bearer ${token()}`, `Bearer ${token()}`]]) {
      const refused = await client.check(message({ headers: { authorization } }));
      expect(refused.status.code).toBe(16);
      expect(refused.denied_response).toMatchObject({ status: { code: 401 }, body: 'unauthorized\n' });
    }
  });

  test('is taken out of the cookies, which are otherwise as they were', async () => {
    await start({ providers: ['callers'], from: [{ cookie: 'jwt' }] });
    const answer = await client.check(rawHeaders({ headers: { cookie: [`a=b; jwt=${token()}`, 'c=d'] } }));
    expect(headersIn(answer).cookie).toBe('a=b; c=d');
    const alone = await client.check(rawHeaders({ headers: { cookie: `jwt=${token()}` } }));
    expect(headersIn(alone)).not.toHaveProperty('cookie');
    expect(alone.ok_response?.headers_to_remove).toContain('cookie');
  });

  test('gives later filters its claims as dynamic metadata', async () => {
    await start({ providers: ['callers'], claimToFilterState: [{ claim: 'sub', name: 'subject' }] });
    const answer = await client.check(rawHeaders({ headers: { authorization: `Bearer ${token()}` } }));
    expect(answer.dynamic_metadata).toEqual({ fields: [{ key: 'subject', value: { string_value: 'alice' } }] });
  });
});

describe("what Envoy's jwt_authn verified", () => {
  const envoyClaims = [{ claim: 'jwt.sub', present: true as const }];

  /** The request with metadata of a filter. */
  function withMetadata(sub: Value | undefined, filter = 'envoy.filters.http.jwt_authn'): CheckRequest {
    const { attributes } = rawHeaders({ headers: { 'jwt.sub': 'alice', 'x-broker-claim': 'jwt.sub=alice' } });
    const payload = { fields: sub === undefined ? [] : [{ key: 'sub', value: sub }] };
    const value = { fields: [{ key: 'jwt', value: { struct_value: payload } }] };
    return { attributes: { ...attributes, metadata_context: { filter_metadata: [{ key: filter, value }] } } };
  }

  test.each<readonly [string, CheckRequest, number]>([
    ['a text', withMetadata({ string_value: 'alice' }), 0],
    ['no claim', withMetadata(undefined), 16],
    ['nothing at all', rawHeaders({}), 16],
    ["another filter's word", withMetadata({ string_value: 'alice' }, 'envoy.filters.http.other'), 16],
    // A number, a boolean, a list: what we do not read of google.protobuf.Value.
    ['a claim that is no text', withMetadata({}), 7],
    ['an object', withMetadata({ struct_value: { fields: [] } }), 7],
    ['a text with a control character', withMetadata({ string_value: 'a\nb' }), 7],
    ['a text that is too long', withMetadata({ string_value: 'a'.repeat(70_000) }), 7],
  ])('%s', async (_what, message, code) => {
    await start({ envoyClaims });
    expect((await client.check(message)).status.code).toBe(code);
  });
});
