import { describe, expect, test } from 'vitest';
import { createSigningKey, keySetOf, signToken } from '../../tools/tokens/signing-key.ts';
import { useDeployment } from '../support/use-deployment.ts';

const key = createSigningKey('ES256');
const tokenFor = (claims: object = {}) =>
  signToken(key, { iss: 'tests', aud: 'api', sub: 'alice', exp: Math.floor(Date.now() / 1000) + 60, ...claims });

/** Lets members of a group through: what the token broker wrote is what it reads. */
const RBAC = {
  name: 'envoy.filters.http.rbac',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC',
    rules: {
      policies: {
        staff: {
          permissions: [{ any: true }],
          principals: [
            {
              filter_state: { key: 'wasm.token_broker.groups', string_match: { contains: '"staff"' } },
            },
            { not_id: { url_path: { path: { prefix: '/staff' } } } },
          ],
        },
      },
    },
  },
};

describe('what a verified token says', () => {
  const deployment = useDeployment({
    configure: (configuration) => {
      const filters = configuration.httpFilters();
      filters.splice(filters.length - 1, 0, RBAC);
    },
    policy: {
      unmatched: 'deny',
      providers: {
        tests: { issuer: 'tests', audiences: ['api'], jwks: { inline: JSON.parse(keySetOf(key)) } },
      },
      entries: [
        {
          id: 'pass',
          action: 'pass',
          authenticate: {
            providers: ['tests'],
            from: [{ header: 'x-token', prefix: 'Token ' }, { cookie: 'session' }],
            allowMissing: true,
            claimToHeaders: [
              { claim: 'sub', header: 'x-user' },
              { claim: 'realm.roles', header: 'x-roles' },
              { claim: 'absent', header: 'x-absent' },
            ],
            forwardPayloadHeader: 'x-payload',
            claimToFilterState: [{ claim: 'groups', name: 'groups', format: 'json' }],
          },
        },
      ],
    },
  });
  const forged = { 'x-user': 'root', 'x-absent': 'mine', 'x-payload': 'mine', 'x-roles': 'admin' };

  test("is in headers for the backend, in place of the client's own, on a miss and on a hit", async () => {
    const { backend, secrets } = deployment();
    const token = tokenFor({ realm: { roles: ['a', 'b'] } });
    secrets.plant('the token', token);
    for (const _of of ['miss', 'hit']) {
      const answer = await deployment().send({ headers: { ...forged, 'x-token': `Token ${token}` } });
      expect(answer.status).toBe(200);
      const { headers } = backend.last();
      expect(headers).toMatchObject({ 'x-user': 'alice', 'x-roles': 'a,b', 'x-payload': token.split('.')[1] });
      expect(headers['x-absent']).toBeUndefined();
      expect(headers['x-token']).toBeUndefined();
      expect(headers.authorization).toBeUndefined();
    }
  });

  test('comes from a cookie too, which the backend does not see', async () => {
    const { backend } = deployment();
    const cookie = `theme=dark; session=${tokenFor()}; lang=en`;
    expect((await deployment().send({ headers: { cookie } })).status).toBe(200);
    expect(backend.last().headers).toMatchObject({ cookie: 'theme=dark; lang=en', 'x-user': 'alice' });
  });

  test('nobody says it for a client without a token', async () => {
    const { backend } = deployment();
    expect((await deployment().send({ headers: forged })).status).toBe(200);
    for (const name of Object.keys(forged)) expect(backend.last().headers[name]).toBeUndefined();
  });

  test.each(['a miss', 'a hit'])("is in Envoy's filter state, where RBAC reads it, on %s", async () => {
    const send = (claims: object) =>
      deployment().send({
        path: '/staff/room',
        headers: { 'x-token': `Token ${tokenFor({ jti: 'rbac', ...claims })}` },
      });
    expect((await send({ groups: ['staff'] })).status).toBe(200);
    expect((await send({ groups: ['guests'] })).status).toBe(403);
    expect((await send({})).status).toBe(403);
  });
});
