import { fileURLToPath } from 'node:url';
import { RunningProcess } from '../../tools/launch/running-process.ts';
import type { Headers } from './callers.ts';

/** Whom tokens are exchanged for. */
export const AUDIENCE = 'orders-api';
/** The broker's own client, at any issuer. */
export const BROKER_CLIENT = { id: 'token-broker', secret: 'token-broker-secret' } as const;
const CALLER = { id: 'caller', secret: 'caller-secret' } as const;
/** Longer than a run takes. */
const LIFETIME_SECONDS = 4 * 3600;

/** A real OAuth server in a process of its own: what an exchange takes there is part of what it costs. */
export interface ExchangeServer {
  readonly tokenEndpoint: string;
  readonly process: RunningProcess;
  /** A caller with a token of the server's, which it exchanges. */
  readonly caller: Headers & { readonly authorization: string };
  stop(): Promise<void>;
}

export async function startExchangeServer(): Promise<ExchangeServer> {
  const script = fileURLToPath(new URL('../../tools/oauth-server/main.ts', import.meta.url));
  const clients = [BROKER_CLIENT, CALLER].flatMap(({ id, secret }) => ['--client', `${id}:${secret}:`]);
  const parameters = [script, ...clients, '--audience', AUDIENCE, '--lifetime', `${LIFETIME_SECONDS}`];
  const server = new RunningProcess({ name: 'oauth-server', command: process.execPath, parameters });
  const tokenEndpoint = await server.waitUntil(() => {
    const [line] = /^\{"ready":true.*$/m.exec(server.output()) ?? [];
    if (line === undefined) throw new Error('it has not said where it is');
    return (JSON.parse(line) as { tokenEndpoint: string }).tokenEndpoint;
  });
  try {
    const caller = { authorization: `Bearer ${await requestToken(tokenEndpoint)}` };
    return { tokenEndpoint, process: server, caller, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function requestToken(tokenEndpoint: string): Promise<string> {
  const authorization = `Basic ${Buffer.from(`${CALLER.id}:${CALLER.secret}`).toString('base64')}`;
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  const response = await fetch(tokenEndpoint, { method: 'POST', headers: { authorization }, body });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`the OAuth server gives no token, status ${response.status}`);
  return token;
}
