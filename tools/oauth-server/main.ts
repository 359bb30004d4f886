import { parseArgs } from 'node:util';
import { LOGIN_SCOPES, type OAuthClient } from './clients.ts';
import type { Person } from './people.ts';
import { startOAuthServer } from './server.ts';

const HELP = `An OAuth server for demonstrations and tests: client credentials, token exchange and logins, tokens as JWTs.

  node tools/oauth-server/main.ts [options]

  --port NUMBER        port to listen on; 0, the default, takes any that is free
  --host ADDRESS       address to listen on (127.0.0.1)
  --audience NAME      whom it exchanges tokens for, besides https://backend.example; may be given several times
  --lifetime SECONDS   lifetime of its tokens (300)
  --client ID:SECRET:SCOPES
                       a client, its secret form-encoded (RFC 6749 section 2.3.1), its scopes separated by spaces;
                       may be given several times (demo:demo-secret:read write)
  --login-client ID:SECRET
                       a client that people log in to, its secret form-encoded; it needs the next one
  --redirect-uri URI   where its people come back to; may be given several times
  --post-logout-redirect-uri URI
                       where they may be sent after they have signed out; likewise
  --person EMAIL:PASSWORD:GROUPS
                       somebody who can log in, the password form-encoded, the groups separated by spaces; likewise

Prints one line of JSON once it accepts requests; SIGINT and SIGTERM end it.`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    audience: { type: 'string', multiple: true, default: [] },
    lifetime: { type: 'string', default: '300' },
    client: { type: 'string', multiple: true, default: ['demo:demo-secret:read write'] },
    'login-client': { type: 'string' },
    'redirect-uri': { type: 'string', multiple: true, default: [] },
    'post-logout-redirect-uri': { type: 'string', multiple: true, default: [] },
    person: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const server = await startOAuthServer({
  port: readNumber('port', values.port, 0, 65_535),
  host: values.host,
  audiences: values.audience,
  tokenLifetimeSeconds: readNumber('lifetime', values.lifetime, 1, 365 * 24 * 60 * 60),
  clients: [...values.client.map(readClient), ...readLoginClient(values['login-client'])],
  people: values.person.map(readPerson),
});
const { url, tokenEndpoint, jwksUri } = server;
console.log(JSON.stringify({ ready: true, url, tokenEndpoint, jwksUri, pid: process.pid }));

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());

function readNumber(name: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw new Error(`--${name} ${text}: want a whole number from ${minimum} to ${maximum}`);
}

function readClient(text: string): OAuthClient {
  const [id, secret, scope] = readParts(text);
  if (!id || !secret) throw new Error(`--client ${id}: want ID:SECRET:SCOPES`);
  return { id, secret, ...(scope ? { scope } : {}) };
}

function readLoginClient(text: string | undefined): OAuthClient[] {
  if (text === undefined) return [];
  const [id, secret] = readParts(text);
  const redirectUris = values['redirect-uri'];
  if (!id || !secret) throw new Error(`--login-client ${id}: want ID:SECRET`);
  if (redirectUris.length === 0) throw new Error(`--login-client ${id}: needs --redirect-uri`);
  const postLogoutRedirectUris = values['post-logout-redirect-uri'];
  return [{ id, secret, scope: LOGIN_SCOPES, redirectUris, postLogoutRedirectUris }];
}

function readPerson(text: string): Person {
  const [email = '', password, groups = ''] = readParts(text);
  const [id] = email.split('@');
  if (!id || !password) throw new Error(`--person ${email}: want EMAIL:PASSWORD:GROUPS`);
  return { id, name: id, email, password, groups: groups.split(' ').filter(Boolean) };
}

function readParts(text: string): string[] {
  return text.split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
}
