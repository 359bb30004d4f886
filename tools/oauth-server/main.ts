import { parseArgs } from 'node:util';
import type { OAuthClient } from './clients.ts';
import { startOAuthServer } from './server.ts';

const HELP = `An OAuth server for demonstrations and tests: client credentials and token exchange, tokens as JWTs.

  node tools/oauth-server/main.ts [options]

  --port NUMBER        port to listen on; 0, the default, takes any that is free
  --host ADDRESS       address to listen on (127.0.0.1)
  --audience NAME      whom it exchanges tokens for, besides https://backend.example; may be given several times
  --lifetime SECONDS   lifetime of its tokens (300)
  --client ID:SECRET:SCOPES
                       a client, its secret form-encoded (RFC 6749 section 2.3.1), its scopes separated by spaces;
                       may be given several times (demo:demo-secret:read write)

Prints one line of JSON once it accepts requests; SIGINT and SIGTERM end it.`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    audience: { type: 'string', multiple: true, default: [] },
    lifetime: { type: 'string', default: '300' },
    client: { type: 'string', multiple: true, default: ['demo:demo-secret:read write'] },
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
  clients: values.client.map(readClient),
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
  const [id, secret, scope] = text.split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
  if (!id || !secret) throw new Error(`--client ${id}: want ID:SECRET:SCOPES`);
  return { id, secret, ...(scope ? { scope } : {}) };
}
