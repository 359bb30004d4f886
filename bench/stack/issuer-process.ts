/**
 * An OAuth server that does as little as it can, so that what is measured is not the issuer: `node issuer-process.ts`. It
 * grants a token to every client whose secret does not begin with `wrong`. `GET /counts` says how often it was asked, and
 * `POST /settings` changes what {@link IssuerSettings} has. Its first line of output is its port.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type IssuerCounts, type IssuerSettings, TOKEN_PREFIX, WRONG } from './issuer.ts';

const TOKEN_LENGTH = 900;
const KEPT_TIMES = 1000;
const ISSUED_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

const settings: IssuerSettings = { delay: 0, lifetime: 3600 };
const counts: IssuerCounts = { granted: 0, refused: 0, grantedAt: [] };

const server = createServer((request, response) => {
  serve(request, response).catch(() => response.destroy());
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await read(request);
  if (request.url === '/counts') return send(response, 200, counts);
  if (request.url === '/settings') return send(response, 200, Object.assign(settings, JSON.parse(body)));
  if (settings.delay > 0) await delay(settings.delay);
  if (secretIn(request, body).startsWith(WRONG)) {
    counts.refused += 1;
    return send(response, 401, { error: 'invalid_client' });
  }
  counts.granted += 1;
  counts.grantedAt.push(Date.now());
  if (counts.grantedAt.length > KEPT_TIMES) counts.grantedAt.shift();
  const token = `${TOKEN_PREFIX}${counts.granted}.`.padEnd(TOKEN_LENGTH, 'A');
  const { lifetime } = settings;
  const answer = { access_token: token, token_type: 'Bearer', expires_in: lifetime, issued_token_type: ISSUED_TYPE };
  return send(response, 200, answer);
}

/** RFC 6749 section 2.3.1, either way. */
function secretIn({ headers: { authorization } }: IncomingMessage, body: string): string {
  if (authorization === undefined) return new URLSearchParams(body).get('client_secret') ?? '';
  const [, secret = ''] = Buffer.from(authorization.replace(/^Basic /i, ''), 'base64')
    .toString()
    .split(':');
  return secret;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, headers).end(text);
}
