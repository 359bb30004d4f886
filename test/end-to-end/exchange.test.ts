import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import type { ExchangeDocument } from '../../control/config/exchange-document.ts';
import { eventually } from '../../tools/launch/eventually.ts';
import { CLIENTS, type IdentityProvider } from '../support/identity-provider.ts';
import { useDeployment } from '../support/use-deployment.ts';

const exchange = (exchange: Partial<ExchangeDocument>) => ({
  action: 'exchange' as const,
  exchange: {
    issuerRef: 'identity-provider',
    clientId: { value: CLIENTS.first.id },
    clientSecret: { value: CLIENTS.first.secret },
    ...exchange,
  },
});

/** Dex has the first alone. */
const GRANTS =
  process.env.IDP === 'dex' ? (['tokenExchange'] as const) : (['tokenExchange', 'jwtBearer', 'onBehalfOf'] as const);

describe.each(GRANTS)('the grant %s', (grant) => {
  const deployment = useDeployment({
    policy: ({ exchange: { first } }) => ({
      unmatched: 'deny',
      entries: [{ id: 'orders', ...exchange({ ...first.exchange, grant }) }],
    }),
  });

  test("gives the backend a token of its own for the caller's", async () => {
    const { backend, identityProvider, secrets } = deployment();
    const subject = await identityProvider.exchange.subject(identityProvider.clients.second);
    secrets.plant('a subject token', subject);
    expect((await deployment().send({ headers: { authorization: `Bearer ${subject}` } })).status).toBe(200);
    const token = String(backend.last().headers.authorization).slice('Bearer '.length);
    expect(token).toBe(identityProvider.tokens().at(-1));
    expect([decodeJwt(token).aud ?? []].flat()).toContain(identityProvider.exchange.first.audience);
    const invalid = await deployment().send({ headers: { authorization: `Bearer ${subject}x` } });
    expect(invalid.status).toBe(401);
  });
});

describe('two policy entries that exchange for two audiences', () => {
  const deployment = useDeployment({
    policy: ({ exchange: { first, second } }) => ({
      unmatched: 'deny',
      entries: [
        { id: 'orders', match: { pathPrefix: '/orders' }, ...exchange(first.exchange) },
        { id: 'payments', match: { pathPrefix: '/payments' }, ...exchange(second.exchange) },
        { id: 'internal', match: { pathPrefix: '/orders/internal' }, action: 'deny' },
        {
          id: 'elsewhere',
          match: { pathPrefix: '/elsewhere' },
          ...exchange({ ...second.exchange, authorizationHeader: 'x-token' }),
        },
      ],
    }),
  });

  async function subjectFor(lifetimeSeconds?: number): Promise<string> {
    const { identityProvider, secrets } = deployment();
    const token = await identityProvider.exchange.subject(identityProvider.clients.second, lifetimeSeconds);
    secrets.plant('a subject token', token);
    return token;
  }

  const send = (path: string, token: string) =>
    deployment().send({ path, headers: { authorization: `Bearer ${token}` } });

  /** `aud` of the token that the backend got last. */
  function lastAudience(): readonly string[] {
    const { authorization } = deployment().backend.last().headers;
    return [decodeJwt(String(authorization).slice('Bearer '.length)).aud ?? []].flat();
  }

  test("give each backend its own token, and neither the caller's", async () => {
    const { backend, identityProvider } = deployment();
    const { first, second } = identityProvider.exchange;
    const subject = await subjectFor();
    expect((await send('/orders/1', subject)).status).toBe(200);
    expect(lastAudience()).toContain(first.audience);
    expect(lastAudience()).not.toContain(second.audience);
    expect((await send('/payments/1', subject)).status).toBe(200);
    expect(lastAudience()).toContain(second.audience);
    expect(JSON.stringify(backend.requests)).not.toContain(subject);
  });

  test('strip the subject where the token goes into another header', async () => {
    const subject = await subjectFor();
    expect((await send('/elsewhere', subject)).status).toBe(200);
    const { headers } = deployment().backend.last();
    expect(headers).not.toHaveProperty('authorization');
    expect(headers['x-token']).toBe(`Bearer ${deployment().identityProvider.tokens().at(-1)}`);
  });

  test('ask control and the issuer once for a subject, whichever worker it meets', async () => {
    const { identityProvider } = deployment();
    const subject = await subjectFor();
    await send('/orders', subject);
    const before = [await deployment().decisions(), identityProvider.requests()];
    for (let i = 0; i < 20; i++) expect((await send('/orders', subject)).status).toBe(200);
    expect([await deployment().decisions(), identityProvider.requests()]).toEqual(before);
  });

  test('give another subject another token', async () => {
    const { backend } = deployment();
    // The lifetimes differ, or two subjects of one second could be one.
    const [one, other] = [await subjectFor(100), await subjectFor(200)];
    await send('/orders', one);
    const first = backend.last().headers.authorization;
    await send('/orders', other);
    expect(backend.last().headers.authorization).not.toBe(first);
    await send('/orders', one);
    expect(backend.last().headers.authorization).toBe(first);
  });

  test.each<readonly [string, Record<string, string | string[]>, string, string]>([
    ['no token', {}, 'bearer token required\n', ''],
    ['other credentials', { authorization: 'Basic YTpi' }, 'bearer token required\n', ''],
    ['two tokens', { authorization: ['Bearer a', 'Bearer b'] }, '', ', error="invalid_token"'],
    ['a token that is too long', { authorization: `Bearer ${'x'.repeat(16_400)}` }, '', ''],
  ])('refuse a request with %s, which the backend never sees', async (_what, headers, body, error) => {
    const { backend, identityProvider } = deployment();
    const before = [backend.requests.length, identityProvider.requests()];
    const answer = await deployment().send({ path: '/payments', headers });
    expect(answer.status).toBe(401);
    if (body !== '') expect(answer.body).toBe(body);
    expect(answer.headers['www-authenticate']).toContain(`Bearer realm="token-broker"${error}`);
    expect([backend.requests.length, identityProvider.requests()]).toEqual(before);
  });

  test('refuse what was changed where the issuer looks, and deny what is denied', async () => {
    const subject = await subjectFor();
    const answer = await send('/orders', `${subject.slice(0, -6)}AAAAAA`);
    expect([answer.status, answer.body]).toEqual([401, 'invalid subject token\n']);
    expect((await send('/orders/internal', subject)).status).toBe(403);
    expect((await send('/nowhere', subject)).status).toBe(403);
  });

  test('end with the subject, on time, and refuse it from then on', async () => {
    const { backend, identityProvider } = deployment();
    const subject = await subjectFor(4);
    const expiresAt = (decodeJwt(subject).exp ?? 0) * 1000;
    const late: number[] = [];
    backend.answer(() => {
      late.push(Date.now() - expiresAt);
      return { status: 200 };
    });
    const statuses: number[] = [];
    const requests = identityProvider.requests();
    while (statuses.at(-1) !== 401) statuses.push((await send('/orders', subject)).status);
    backend.answer(undefined);
    expect(new Set(statuses)).toEqual(new Set([200, 401]));
    expect(statuses.length).toBeGreaterThan(10);
    expect(Math.max(...late)).toBeLessThan(0);
    // Nobody asks for another token that would end at the same moment.
    expect(identityProvider.requests() - requests).toBeLessThanOrEqual(2);
    const answer = await send('/orders', subject);
    expect([answer.status, answer.body]).toEqual([401, 'invalid subject token\n']);
  });

  test('hold while control is down, and no longer than the subject', async () => {
    const subject = await subjectFor(4);
    expect((await send('/orders', subject)).status).toBe(200);
    await deployment().stopControl();
    expect((await send('/orders', subject)).status).toBe(200);
    await eventually(async () => expect((await send('/orders', subject)).status).toBe(503));
    await deployment().startControl();
    await eventually(async () => expect((await send('/orders', await subjectFor())).status).toBe(200));
  });
});

describe('a policy entry that verifies the subject itself, and names who acts', () => {
  const deployment = useDeployment({
    policy: ({ exchange: { first, subjects }, clients }) => ({
      unmatched: 'deny',
      providers: {
        callers: {
          issuer: subjects.issuer,
          audiences: [subjects.audienceOf(clients.second)],
          jwks: { url: subjects.jwksUri, allowInsecure: true },
        },
      },
      entries: [
        {
          id: 'orders',
          authenticate: { providers: ['callers'], claimToHeaders: [{ claim: 'sub', header: 'x-user' }] },
          ...exchange({ ...first.exchange, actorToken: { header: 'x-actor', prefix: 'Bearer ' } }),
        },
      ],
    }),
  });

  async function planted(token: Promise<string>): Promise<string> {
    deployment().secrets.plant('a token', await token);
    return token;
  }
  const subjectOf = ({ exchange, clients }: IdentityProvider) => planted(exchange.subject(clients.second));
  const actorOf = ({ grant, clients }: IdentityProvider) => planted(grant(clients.first));

  test('exchanges what it has verified', async () => {
    const { backend, identityProvider } = deployment();
    const [subject, actor] = [await subjectOf(identityProvider), await actorOf(identityProvider)];
    const headers = { authorization: `Bearer ${subject}`, 'x-actor': `Bearer ${actor}` };
    expect((await deployment().send({ headers })).status).toBe(200);
    const { headers: received } = backend.last();
    const claims = decodeJwt(String(received.authorization).slice('Bearer '.length));
    expect(received['x-user']).toBe(decodeJwt(subject).sub);
    expect(JSON.stringify(backend.last())).not.toContain(actor);
    // Dex has no delegation: it leaves the actor out.
    if (process.env.IDP !== 'dex') {
      expect(claims).toMatchObject({ sub: CLIENTS.second.id, act: { sub: CLIENTS.first.id } });
    }
  });

  test('asks the issuer for nothing where the subject does not hold, or nobody acts', async () => {
    const { identityProvider } = deployment();
    const subject = await subjectOf(identityProvider);
    const actor = { 'x-actor': `Bearer ${await actorOf(identityProvider)}` };
    const before = identityProvider.requests();
    const changed = { ...actor, authorization: `Bearer ${subject.slice(0, -6)}AAAAAA` };
    expect(await deployment().send({ headers: changed })).toMatchObject({ status: 401, body: 'unauthorized\n' });
    const alone = { authorization: `Bearer ${subject}` };
    expect(await deployment().send({ headers: alone })).toMatchObject({ status: 401, body: 'actor token required\n' });
    expect(identityProvider.requests()).toBe(before);
  });
});
