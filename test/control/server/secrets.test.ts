import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../../control/errors.ts';
import { PlantedSecrets } from '../../support/planted-secrets.ts';
import { type Answer, boot, routeReference } from '../boot.ts';

const secrets = new PlantedSecrets();
const SECRET = secrets.plant('client secret', 'planted/secret+%41 with "quotes"');
const TOKEN = secrets.plant('access token', 'planted-token.eyJhbGciOiJub25lIn0');
const ID_TOKEN = secrets.plant('id token', 'planted-id-token');
const STATIC = secrets.plant('static secret', 'planted-static-secret');

const HEADERS = {
  'x-client-id': 'app',
  'x-client-secret': SECRET,
  authorization: `Bearer ${secrets.plant('authorization of the client', 'planted-authorization')}`,
  cookie: `session=${secrets.plant('cookie', 'planted-cookie')}`,
  'x-request-id': `${secrets.plant('request id with blanks', 'planted request id')} \u00ff`,
};
const PATH = `/check/${secrets.plant('path', 'planted-path')}?access_token=${secrets.plant('query', 'planted-query')}`;

const token: Answer = { access_token: TOKEN, expires_in: 100, id_token: ID_TOKEN };

describe('secrets that come, go and are held', () => {
  test.each<[string, () => Answer]>([
    ['a token', () => token],
    ['a refusal', () => new BrokerError('credentials_rejected', { cause: new Error('the issuer answered 401') })],
    ['trouble', () => new BrokerError('issuer_unavailable', { cause: new Error('ECONNREFUSED') })],
    [
      'a bug',
      () => {
        throw new TypeError('cannot read properties of undefined');
      },
    ],
  ])('appear in no log, metric or refusal, after %s', async (_name, issuer) => {
    const booted = boot({ environment: { UPSTREAM_TOKEN_HEADERS: 'id_token:x-id' }, issuer });
    const bodies: string[] = [];
    const take = (answer: { body: string; statusCode: number; headers: object } | undefined) =>
      bodies.push(answer?.statusCode === 200 ? '' : JSON.stringify([answer?.body, answer?.headers]));
    const route = await routeReference(booted);
    const asKeys = Object.entries(HEADERS).map(([name, value]) => [`x-broker-key-${name}`, value]);
    const decide = {
      method: 'POST',
      url: '/v1/decide',
      headers: { ...HEADERS, ...Object.fromEntries(asKeys) },
    } as const;
    for (const method of ['GET', 'POST', 'OPTIONS'] as const) {
      take(await booted.check?.inject({ url: PATH, headers: HEADERS, method, payload: `secret=${SECRET}` }));
      booted.clock.advance(40_000);
    }
    take(await booted.check?.inject({ url: '/check', headers: { ...HEADERS, 'x-client-secret': [SECRET, SECRET] } }));
    take(await booted.check?.inject({ url: '/check', headers: { ...HEADERS, 'x-client-secret': `${SECRET}\t` } }));
    take(await booted.check?.inject({ url: `/elsewhere?${PATH}`, headers: HEADERS }));
    take(await booted.filter?.inject({ ...decide, headers: { ...decide.headers, 'x-broker-route': route } }));
    take(await booted.filter?.inject({ ...decide, headers: { ...decide.headers, 'x-broker-route': SECRET } }));
    take(await booted.admin?.inject({ url: '/elsewhere', headers: HEADERS }));
    const metrics = (await booted.admin?.inject({ url: '/metrics' }))?.body ?? '';
    const table = (await booted.filter?.inject({ url: '/v1/routes' }))?.rawPayload.toString('latin1') ?? '';
    await booted.close();
    expect(booted.log()).not.toBe('');
    expect(secrets.findIn({ log: booted.log(), bodies: bodies.join('\n'), metrics, table })).toEqual([]);
  });

  test("appear neither in the table nor in the log when they are the operator's", async () => {
    const environment = { STATIC_CLIENT_ID: 'app', STATIC_CLIENT_SECRET: STATIC };
    const booted = boot({ environment, issuer: () => token });
    await booted.check?.inject({ url: '/check' });
    const table = (await booted.filter?.inject({ url: '/v1/routes' }))?.rawPayload.toString('latin1') ?? '';
    await booted.close();
    expect(secrets.findIn({ log: booted.log(), table })).toEqual([]);
  });
});
