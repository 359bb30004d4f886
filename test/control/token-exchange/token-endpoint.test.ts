/** "Core Service", "Token Endpoint Controls", "Error Handling" and "HTTP Client Settings" of the same reference. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Respond } from '../../support/issuer-stub.ts';
import { entry, issued, refused, startOriginal } from './original.ts';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

async function requestWith(environment: Record<string, string>, profile: object = {}) {
  const { send, issuer } = await startOriginal({ environment, profile });
  expect((await send()).status).toBe(200);
  const [request] = issuer.requests;
  return { form: request?.form, headers: request?.headers ?? {} };
}

describe('Token requests', () => {
  test('are RFC 8693 by default, with client_secret_basic', async () => {
    const { form, headers } = await requestWith({});
    expect(Object.fromEntries(form ?? [])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'subject',
      subject_token_type: ACCESS_TOKEN,
      scope: 'read:orders',
    });
    expect(headers).toMatchObject({
      authorization: basic('broker:broker-secret'),
      accept: 'application/json',
      'content-type': expect.stringContaining('application/x-www-form-urlencoded'),
    });
  });

  test('TOKEN_ENDPOINT_AUTH_METHOD is the default of profiles', async () => {
    const { form, headers } = await requestWith({ TOKEN_ENDPOINT_AUTH_METHOD: 'client_secret_post' });
    expect(form?.get('client_id')).toBe('broker');
    expect(form?.get('client_secret')).toBe('broker-secret');
    expect(headers.authorization).toBeUndefined();
  });

  test('tokenEndpointAuthMethod of a profile wins over it', async () => {
    const environment = { TOKEN_ENDPOINT_AUTH_METHOD: 'client_secret_post' };
    const { headers } = await requestWith(environment, { tokenEndpointAuthMethod: 'client_secret_basic' });
    expect(headers.authorization).toBe(basic('broker:broker-secret'));
  });

  test('TOKEN_EXCHANGE_GRANT_TYPE and TOKEN_EXCHANGE_SUBJECT_TOKEN_TYPE are sent', async () => {
    const { form } = await requestWith({
      TOKEN_EXCHANGE_GRANT_TYPE: 'urn:example:grant',
      TOKEN_EXCHANGE_SUBJECT_TOKEN_TYPE: 'urn:ietf:params:oauth:token-type:jwt',
    });
    expect(form?.get('grant_type')).toBe('urn:example:grant');
    expect(form?.get('subject_token_type')).toBe('urn:ietf:params:oauth:token-type:jwt');
  });

  test('bearerRealm of a profile is what challenges name, and TOKEN_EXCHANGE_BEARER_REALM otherwise', async () => {
    const environment = { TOKEN_EXCHANGE_BEARER_REALM: 'everyone' };
    const challenge = async (profile: object) => {
      const { send } = await startOriginal({ environment, profile });
      return (await send({ headers: {} })).headers['www-authenticate'];
    };
    expect(await challenge({})).toBe('Bearer realm="everyone", scope="read:orders"');
    expect(await challenge({ bearerRealm: 'issuer' })).toBe('Bearer realm="issuer", scope="read:orders"');
  });

  test('http:// is refused without TOKEN_EXCHANGE_ALLOW_HTTP_TOKEN_ENDPOINT', async () => {
    const environment = { TOKEN_EXCHANGE_ALLOW_HTTP_TOKEN_ENDPOINT: 'false' };
    await expect(startOriginal({ environment })).rejects.toThrow(/tokenEndpoint: http:\/\/ would send secrets/);
  });
});

describe('Good answers', () => {
  test.each(['Bearer', 'bearer', 'BEARER'])('have token_type %s', async (token_type) => {
    const { send } = await startOriginal({ respond: issued({ token_type }) });
    expect(await send()).toMatchObject({ status: 200, headers: { authorization: 'Bearer exchanged' } });
  });

  test.each([
    [{ TOKEN_EXCHANGE_REQUIRE_ISSUED_TOKEN_TYPE: 'false' }, undefined],
    [{ TOKEN_EXCHANGE_EXPECTED_ISSUED_TOKEN_TYPE: 'urn:example:type' }, 'urn:example:type'],
  ])('%j lets issued_token_type be %s', async (environment, issued_token_type) => {
    const { send } = await startOriginal({ environment, respond: issued({ issued_token_type }) });
    expect((await send()).status).toBe(200);
  });
});

/** What the original answers, and what is different here on purpose: the status alone. */
interface Refusal {
  readonly respond: Respond;
  readonly theirs: number;
  readonly ours: number;
  readonly body: object;
}

const CODES: Readonly<Record<string, Refusal>> = {
  'TXE-1003, no answer': {
    respond: (response) => response.destroy(),
    ...{ theirs: 500, ours: 503, body: { error: 'server_error', message: 'token exchange request failed (TXE-1003)' } },
  },
  'TXE-1004, half an answer': {
    respond: (response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"access_token":');
      setTimeout(() => response.destroy(), 20);
    },
    ...{ theirs: 500, ours: 503 },
    body: { error: 'server_error', message: 'failed to read token exchange response (TXE-1004)' },
  },
  'TXE-2001, invalid_grant': {
    respond: refused(400, { error: 'invalid_grant', error_description: 'planted' }),
    ...{ theirs: 400, ours: 401, body: { error: 'invalid_grant', error_description: 'request failed (TXE-2001)' } },
  },
  'TXE-2001, invalid_request': {
    respond: refused(400, { error: 'invalid_request', error_description: 'planted' }),
    ...{ theirs: 400, ours: 401, body: { error: 'invalid_request', error_description: 'request failed (TXE-2001)' } },
  },
  'TXE-2001, invalid_target': {
    respond: refused(400, { error: 'invalid_target', error_description: 'planted' }),
    ...{ theirs: 400, ours: 403, body: { error: 'invalid_target', error_description: 'request failed (TXE-2001)' } },
  },
  'TXE-2001, invalid_scope': {
    respond: refused(400, { error: 'invalid_scope', error_description: 'planted' }),
    ...{ theirs: 400, ours: 403, body: { error: 'invalid_scope', error_description: 'request failed (TXE-2001)' } },
  },
  'TXE-2001, invalid_client': {
    respond: refused(401, { error: 'invalid_client', error_description: 'planted' }, { 'www-authenticate': 'Basic' }),
    ...{ theirs: 401, ours: 502, body: { error: 'invalid_client', error_description: 'request failed (TXE-2001)' } },
  },
  'TXE-2002, 400 without a known error': {
    respond: refused(400, { error: 'planted' }),
    ...{ theirs: 400, ours: 502, body: { error: 'invalid_request', error_description: 'request failed (TXE-2002)' } },
  },
  'TXE-2003, 401 without one': {
    respond: refused(401),
    ...{ theirs: 401, ours: 502, body: { error: 'invalid_client', error_description: 'request failed (TXE-2003)' } },
  },
  'TXE-2004, 403 without one': {
    respond: refused(403),
    ...{
      theirs: 500,
      ours: 502,
      body: { error: 'server_error', error_description: 'internal server error (TXE-2004)' },
    },
  },
  'TXE-2005, 500 without one': {
    respond: refused(500),
    ...{
      theirs: 500,
      ours: 502,
      body: { error: 'server_error', error_description: 'internal server error (TXE-2005)' },
    },
  },
  ...Object.fromEntries(
    (
      [
        ['TXE-3001, no JSON', (response) => response.end('<html>planted</html>')],
        ['TXE-3002, no access_token', issued({ access_token: undefined })],
        ['TXE-3003, another token_type', issued({ token_type: 'mac' })],
        ['TXE-3004, another issued_token_type', issued({ issued_token_type: 'urn:example:other' })],
        ['TXE-3004, no issued_token_type', issued({ issued_token_type: undefined })],
      ] satisfies [string, Respond][]
    ).map(([name, respond]) => {
      const body = { error: 'invalid_request', error_description: `internal server error (${name.slice(0, 8)})` };
      return [name, { respond, theirs: 500, ours: 502, body }];
    }),
  ),
};

describe('Refusals', () => {
  test.each(Object.entries(CODES))('%s', async (_name, { respond, theirs, ours, body }) => {
    const { send } = await startOriginal({ respond });
    const answer = await send();
    expect(answer).toMatchObject({ status: ours, body, headers: { 'content-type': 'application/json' } });
    expect(ours).not.toBe(theirs);
    expect(JSON.stringify(answer)).not.toContain('planted');
    // The issuer's own challenge is for the broker.
    expect(answer.headers['www-authenticate']).not.toBe('Basic');
  });

  test('with TOKEN_EXCHANGE_ERROR_PASSTHROUGH the issuer is quoted', async () => {
    const said = { error: 'invalid_target', error_description: 'no such audience', internal: 'planted' };
    const environment = { TOKEN_EXCHANGE_ERROR_PASSTHROUGH: 'true' };
    const { send } = await startOriginal({ environment, respond: refused(400, said) });
    const { error, error_description } = said;
    expect(await send()).toMatchObject({ status: 403, body: { error, error_description } });
  });

  test('TOKEN_EXCHANGE_INSECURE_LOG_TOKENS logs no token', async () => {
    const environment = { TOKEN_EXCHANGE_INSECURE_LOG_TOKENS: 'true', LOG_LEVEL: 'debug' };
    const { send, app, configuration } = await startOriginal({ environment });
    await send({ headers: { authorization: 'Bearer planted-subject' } });
    expect(app.log()).not.toMatch(/planted-subject|exchanged/);
    expect(configuration.warnings).toContainEqual(expect.stringContaining('nothing here logs tokens'));
  });
});

describe('HTTP client settings', () => {
  const late =
    (headers: number, body: number): Respond =>
    async (response, request) => {
      await delay(headers, undefined, { ref: false });
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      await delay(body, undefined, { ref: false });
      await issued()({ writeHead: () => response } as unknown as typeof response, request);
    };

  test.each<readonly [string, Record<string, string>, Respond, number]>([
    ['TOKEN_ENDPOINT_REQUEST_TIMEOUT', { TOKEN_ENDPOINT_REQUEST_TIMEOUT: '100ms' }, late(0, 5000), 503],
    ['the 750 ms of its default', { TOKEN_ENDPOINT_REQUEST_TIMEOUT: '' }, late(0, 5000), 503],
    ['the 500 ms of its default', { TOKEN_ENDPOINT_RESPONSE_HEADER_TIMEOUT: '' }, late(5000, 0), 503],
    ['TOKEN_ENDPOINT_RESPONSE_HEADER_TIMEOUT', { TOKEN_ENDPOINT_RESPONSE_HEADER_TIMEOUT: '50ms' }, late(600, 0), 503],
    ['longer ones', {}, late(1000, 1000), 200],
  ])('%s holds', async (_what, environment, respond, status) => {
    const { send } = await startOriginal({ environment, respond });
    expect((await send()).status).toBe(status);
  });

  test.each([
    'TOKEN_ENDPOINT_DIAL_TIMEOUT',
    'TOKEN_ENDPOINT_TLS_HANDSHAKE_TIMEOUT',
    'TOKEN_ENDPOINT_IDLE_CONN_TIMEOUT',
  ])('%s must be positive', async (name) => {
    await expect(startOriginal({ environment: { [name]: '0s' } })).rejects.toThrow(`${name}: "0s" is not from 1ms`);
  });

  test.each(['TOKEN_ENDPOINT_MAX_IDLE_CONNS', 'TOKEN_ENDPOINT_MAX_IDLE_CONNS_PER_HOST'])(
    '%s must not be negative, and may be 0',
    async (name) => {
      await expect(startOriginal({ environment: { [name]: '-1' } })).rejects.toThrow(`${name}: "-1" is not from 0`);
      expect((await (await startOriginal({ environment: { [name]: '0' } })).send()).status).toBe(200);
    },
  );
});

test('an entry is exchanged at the issuer that it names', async () => {
  const documents = { 'team-a/orders': [entry()] };
  const { send, issuer } = await startOriginal({ documents, profile: { name: ' primary ' } });
  expect((await send()).status).toBe(200);
  expect(issuer.requests).toHaveLength(1);
});
