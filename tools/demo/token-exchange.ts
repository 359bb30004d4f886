import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { stringify } from 'yaml';
import type { OAuthServer } from '../oauth-server/server.ts';
import { describeReceived, tokenOf } from './describe.ts';
import { type Exchange, openExchange } from './exchange.ts';
import type { Page } from './page.ts';
import type { Scenario } from './scenario.ts';
import { type Stage, startStage } from './start.ts';

/** Whoever calls, and the operator's client that exchanges for it. Their secrets are no secrets. */
const CALLER = { id: 'storefront', secret: 'storefront-secret' };
const BROKER = { id: 'token-broker', secret: 'token-broker-secret' };

/** Two teams, each with the audience that its backend wants. */
const TEAMS = [
  { id: 'orders', pathPrefix: '/orders', audience: 'orders-api' },
  { id: 'payments', pathPrefix: '/payments', audience: 'payments-api' },
];

/** A caller's token leaves as the one that each team's backend wants (RFC 8693). */
export const showTokenExchange: Scenario = async (parts, page) => {
  const directory = mkdtempSync(join(tmpdir(), 'envoy-token-broker-demo-'));
  parts.keep({ stop: async () => rmSync(directory, { recursive: true, force: true }) });
  const stage = await startStage(parts, page, {
    clients: [CALLER, BROKER],
    audiences: TEAMS.map(({ audience }) => audience),
    writeConfiguration: (issuer) => writeConfiguration(join(directory, 'control.yaml'), issuer, page),
  });
  const exchange = openExchange(stage.envoy.port);
  parts.keep(exchange);
  const token = await obtainToken(stage.issuer);
  page.facts("the caller's token", [`aud: ${decodeJwt(token).aud}`]);

  for (const [index, { id, pathPrefix, audience }] of TEAMS.entries()) {
    page.heading(`${index + 1}. To the ${id} team`);
    await showExchanged(stage, page, exchange, { path: `${pathPrefix}/7`, token, audience });
  }
  page.heading('3. To the orders team again: the filter answers from its cache');
  const asked = stage.issuer.countRequests();
  await showExchanged(stage, page, exchange, { path: '/orders/8', token, audience: 'orders-api' });
  page.check('the OAuth server was not asked', stage.issuer.countRequests() === asked);
  page.heading('4. What policy denies');
  await showRefused(stage, page, exchange, { path: '/orders/internal', token, status: 403 });
  page.heading('5. What no entry matches');
  await showRefused(stage, page, exchange, { path: '/elsewhere', token, status: 403 });
  page.heading('6. Without a token');
  await showRefused(stage, page, exchange, { path: '/orders/7', token: undefined, status: 401 });
  showWhatToTry(stage, page, token);
};

function writeConfiguration(path: string, issuer: OAuthServer, page: Page): string {
  const entries = TEAMS.map(({ id, pathPrefix, audience }) => ({
    id,
    match: { pathPrefix },
    action: 'exchange',
    exchange: { issuerRef: 'demo', audiences: [audience] },
  }));
  const denied = { id: 'orders-internal', match: { pathPrefix: '/orders/internal' }, action: 'deny' };
  const client = { id: { value: BROKER.id }, secret: { value: BROKER.secret } };
  const text = stringify({
    version: 'v1',
    issuers: { demo: { tokenEndpoint: issuer.tokenEndpoint, allowInsecure: true, client } },
    policy: { unmatched: 'deny', entries: [...entries, denied] },
  });
  writeFileSync(path, text);
  page.facts('policy', [
    ...TEAMS.map((team) => `${team.pathPrefix} -> ${team.audience}`),
    '/orders/internal -> denied',
  ]);
  return path;
}

/** What the caller does before it calls: client credentials (RFC 6749 section 4.4). */
async function obtainToken({ tokenEndpoint }: OAuthServer): Promise<string> {
  const credentials = Buffer.from(`${CALLER.id}:${CALLER.secret}`).toString('base64');
  const answer = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token: token } = (await answer.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`the OAuth server gave the caller no token (${answer.status})`);
  return token;
}

async function showExchanged(
  { backend }: Stage,
  page: Page,
  exchange: Exchange,
  { path, token, audience }: { path: string; token: string; audience: string },
): Promise<void> {
  const answer = await exchange.send(path, { authorization: `Bearer ${token}` });
  const received = answer.status === 200 ? backend.last() : undefined;
  page.facts('the backend received', received === undefined ? ['nothing'] : describeReceived(received));
  page.facts('the client got', [`${answer.status} after ${answer.milliseconds.toFixed(1)} ms`]);
  const exchanged = tokenOf(received?.headers.authorization);
  const claims = exchanged === undefined ? undefined : decodeJwt(exchanged);
  page.check(`the token is for ${audience}`, claims?.aud === audience);
  page.check(
    "it is the caller's still, and not the one it came with",
    claims?.sub === CALLER.id && exchanged !== token,
  );
}

async function showRefused(
  { backend }: Stage,
  page: Page,
  exchange: Exchange,
  { path, token, status }: { path: string; token: string | undefined; status: number },
): Promise<void> {
  const before = backend.requests.length;
  const answer = await exchange.send(path, token === undefined ? {} : { authorization: `Bearer ${token}` });
  const challenge = answer.headers['www-authenticate'];
  page.facts('the client got', [
    `${answer.status} ${answer.body.trim()}`,
    ...(challenge === undefined ? [] : [`www-authenticate: ${challenge}`]),
  ]);
  page.check(
    'it was refused, and the backend saw nothing of it',
    answer.status === status && backend.requests.length === before,
  );
}

function showWhatToTry({ envoy }: Stage, page: Page, token: string): void {
  page.heading('To try in another terminal');
  const curl = (path: string) => `curl -i http://127.0.0.1:${envoy.port}${path} -H "authorization: Bearer $TOKEN"`;
  page.facts("the caller's token", [`TOKEN=${token}`]);
  for (const path of ['/orders', '/payments', '/orders/internal', '/elsewhere']) page.facts(path, [curl(path)]);
  page.line();
}
