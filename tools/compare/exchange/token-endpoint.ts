import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

type Respond = (response: ServerResponse) => unknown;

/** An issuer that answers as the subject token says. */
export interface TokenEndpoint {
  readonly url: string;
  /** What was asked since this was called last: client and parameters of each request, in one line. */
  readonly takeRequests: () => string;
  stop(): Promise<void>;
}

const GOOD = {
  access_token: 'exchanged',
  token_type: 'Bearer',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  expires_in: 300,
};

const json =
  (status: number, body: object | string, headers: Record<string, string> = {}): Respond =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const good = (members: object) => json(200, { ...GOOD, ...members });
const error = (status: number, code: string, headers?: Record<string, string>) =>
  json(status, { error: code, error_description: `the issuer's words on ${code}` }, headers);

/** By subject token. */
const ANSWERS: Readonly<Record<string, Respond>> = {
  good: good({}),
  'lower-case-bearer': good({ token_type: 'bearer' }),
  'no-lifetime': good({ expires_in: undefined }),
  'odd-lifetime': good({ expires_in: 'soon' }),
  'no-token': good({ access_token: undefined }),
  'empty-token': good({ access_token: '' }),
  'not-bearer': good({ token_type: 'mac' }),
  'no-token-type': good({ token_type: undefined }),
  'other-issued-type': good({ issued_token_type: 'urn:example:other' }),
  'no-issued-type': good({ issued_token_type: undefined }),
  'not-json': json(200, '<html>'),
  'no-body': json(200, ''),
  created: json(201, GOOD),
  ...Object.fromEntries(
    [
      'invalid_request',
      'invalid_grant',
      'invalid_target',
      'invalid_scope',
      'unsupported_grant_type',
      'unauthorized_client',
    ].map((code) => [code, error(400, code)]),
  ),
  'invalid_client-401': error(401, 'invalid_client', { 'www-authenticate': 'Basic realm="issuer"' }),
  'invalid_grant-401': error(401, 'invalid_grant'),
  'invalid_target-403': error(403, 'invalid_target'),
  'unknown-400': error(400, 'odd_error'),
  'unknown-401': json(401, ''),
  'unknown-403': json(403, ''),
  'unknown-404': json(404, ''),
  'server_error-500': error(500, 'server_error'),
  'unknown-500': json(500, ''),
  'hangs-up': (response) => response.destroy(),
  'breaks-off': (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"access_token":');
    setTimeout(() => response.destroy(), 20);
  },
  'begins-late': async (response) => {
    await delay(700);
    good({})(response);
  },
  'ends-late': async (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    await delay(1500);
    response.end(JSON.stringify(GOOD));
  },
};

export async function startTokenEndpoint(): Promise<TokenEndpoint> {
  let requests: string[] = [];
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    form.sort();
    const { authorization = '' } = request.headers;
    const client = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
    requests.push(`${client === '' ? '' : `as ${client} `}${form}`);
    (ANSWERS[form.get('subject_token') ?? ''] ?? good({}))(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/token`,
    takeRequests: () => {
      const taken = requests.join(', ');
      requests = [];
      return taken;
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
