import { decodeJwt } from 'jose';
import type { BackendAnswer, ReceivedRequest } from '../launch/echo-backend.ts';
import { escapeHtml } from '../oauth-server/pages.ts';

const BEARER = 'Bearer ';

const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
  h1 { font-size: 1.6rem; }
  h2 { font-size: 1.1rem; margin-top: 2rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; vertical-align: top; padding: 0.35rem 1rem 0.35rem 0; border-bottom: 1px solid #8884; }
  th { font-weight: 600; white-space: nowrap; width: 9rem; }
  td { overflow-wrap: anywhere; font-family: ui-monospace, monospace; }
  nav a { margin-right: 1.5rem; }`;

/** A backend's answer for people: what the request brought along, with the token as its claims instead of itself. */
export function showReceived(received: ReceivedRequest): BackendAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
    body: pageOf(received),
  };
}

/** The claims of the bearer token that the backend got; undefined where it got none. */
export function claimsReceived({ headers }: ReceivedRequest): Record<string, unknown> | undefined {
  const { authorization = '' } = headers;
  return typeof authorization === 'string' && authorization.startsWith(BEARER)
    ? decodeJwt(authorization.slice(BEARER.length))
    : undefined;
}

function pageOf(received: ReceivedRequest): string {
  const claims = claimsReceived(received) ?? {};
  const cookies = (received.headers.cookie ?? '').toString().split('; ').filter(Boolean);
  const request: [string, string][] = [
    ['request', `${received.method} ${received.path}`],
    ['cookies', cookies.map((cookie) => cookie.split('=')[0]).join(', ') || 'none'],
  ];
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>The shop's backend</title>
  <link rel="icon" href="data:,">
  <style>${STYLE}</style>
</head>
<body>
  <h1>Hello ${escapeHtml(`${claims.name ?? claims.sub ?? 'whoever you are'}`)}</h1>
  <p>This page comes from the backend. It knows you by the token below, which is meant for it alone; the token of your
    login stayed with Envoy.</p>
  <nav><a href="/orders/8">Another page</a> <a href="/oauth2/sign-out">Sign out</a></nav>
  <h2>What the backend received</h2>
  ${tableOf(request)}
  <h2>What its token says</h2>
  ${tableOf(Object.entries(claims).map(([name, value]) => [name, describe(name, value)]))}
</body>
</html>
`;
}

function tableOf(rows: readonly [string, string][]): string {
  const cells = rows.map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`);
  return `<table>${cells.join('')}</table>`;
}

function describe(name: string, value: unknown): string {
  if (['iat', 'exp', 'nbf'].includes(name) && typeof value === 'number') {
    return new Date(value * 1000).toISOString().replace('.000Z', ' UTC').replace('T', ' ');
  }
  return Array.isArray(value) ? value.join(', ') : typeof value === 'object' ? JSON.stringify(value) : String(value);
}
