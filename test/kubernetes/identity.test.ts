import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import type { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { createSigningKey, encodePart, signToken } from '../../tools/tokens/signing-key.ts';
import { useParts } from '../support/use-deployment.ts';
import { IdentityDeployment, whoAmI } from './identity-deployment.ts';
import { identityEntry } from './identity-entry.ts';
import { grantEverywhere, namespace, serviceAccount } from './manifests.ts';

const CART = 'system:serviceaccount:shop:cart';

/** `/briefly` believes a caller for two seconds, `/offline` verifies with the key set, `/mapped` makes other accounts. */
const parts = useParts(() =>
  IdentityDeployment.start({
    providers: ({ workload: { url, caFile } }) => ({
      'workload-keys': { issuer: url, audiences: ['token-broker'], jwks: { url: `${url}/openid/v1/jwks`, caFile } },
    }),
    entries: [
      identityEntry('/as-shipped'),
      identityEntry('/briefly', { maximumDecisionAge: '2s' }),
      identityEntry('/everywhere', { accounts: {} }),
      identityEntry('/offline', { sources: [{ provider: 'workload-keys' }] }),
      identityEntry('/mapped', {
        accounts: { map: [{ from: { name: 'cart' }, to: { name: 'checkout' } }] },
        audiences: ['backend'],
        expirationSeconds: 1200,
      }),
    ],
  }),
);

const statusOf = async (path: string, token: string) => (await parts().send(path, token)).status;

/** A token with the header of a real one, its claims changed, signed with a cluster's own key, or another. */
function forge(real: string, changes: object, { signingKeyFile }: Pick<KubeApiserver, 'signingKeyFile'>): string {
  const { kid = '' } = decodeProtectedHeader(real);
  const privateKey = createPrivateKey(readFileSync(signingKeyFile));
  const token = signToken({ kid, algorithm: 'RS256', privateKey, jwk: {} }, { ...decodeJwt(real), ...changes });
  parts().plant(token);
  return token;
}

describe('a service account of the workload cluster', () => {
  test('reaches the backend as the account of the same name in the management cluster', async () => {
    const { clusters } = parts();
    const token = await parts().callerToken();
    expect(await statusOf('/as-shipped/1', token)).toBe(200);
    const obtained = parts().obtainedToken();
    expect(obtained).not.toBe(token);
    expect(await whoAmI(clusters.management, obtained)).toBe(CART);
    await expect(whoAmI(clusters.management, token)).rejects.toThrow(/401/);
    expect(decodeJwt(obtained)).toMatchObject({ iss: clusters.management.url, sub: CART });
  });

  test('is asked about once, and then its token comes out of the cache in Envoy', async () => {
    const token = await parts().callerToken();
    await parts().send('/as-shipped/1', token);
    const before = await parts().deployment.decisions();
    for (let i = 0; i < 20; i++) expect(await statusOf('/as-shipped/1', token)).toBe(200);
    expect(await parts().deployment.decisions()).toBe(before);
  });

  test('becomes the account, for the audience and the time, that policy says', async () => {
    expect(await statusOf('/mapped/1', await parts().callerToken())).toBe(200);
    const { sub, aud, iat = 0, exp = 0 } = decodeJwt(parts().obtainedToken());
    expect([sub, aud, exp - iat]).toEqual(['system:serviceaccount:shop:checkout', ['backend'], 1200]);
    expect(await statusOf('/mapped/1', await parts().callerToken({ name: 'checkout' }))).toBe(403);
  });

  test('is known by the key set alone where policy says so', async () => {
    expect(await statusOf('/offline/1', await parts().callerToken())).toBe(200);
    expect(await whoAmI(parts().clusters.management, parts().obtainedToken())).toBe(CART);
  });

  test('is in no trace, whose spans say which clusters were asked', async () => {
    await parts().send('/as-shipped/1', await parts().callerToken());
    await eventually(async () => {
      const { traces = '' } = await parts().written();
      for (const said of ['as-shipped', "'token review'", "'token request'"]) expect(traces).toContain(said);
      expect(traces).toMatch(/token_broker.cluster': 'management'/);
      expect(traces).not.toContain(CART);
    });
  });

  test('is in the audit log by its name', async () => {
    await parts().send('/as-shipped/1', await parts().callerToken());
    const { "control's log": log = '' } = await parts().written();
    const lines = log.split('\n').filter((line) => line.includes('"grant":"kubernetes"'));
    expect(JSON.parse(lines.at(-1) ?? '{}')).toMatchObject({
      decision: 'allow',
      issuer: 'management',
      clientId: CART,
      provider: 'workload',
      onBehalfOf: { sub: CART },
    });
  });
});

describe('nothing gets through', () => {
  const WAYS = ['/as-shipped/1', '/offline/1'];
  const HOUR = 3600;
  const now = () => Math.floor(Date.now() / 1000);

  test.each<[string, (token: string) => string]>([
    [
      'another payload',
      (token) =>
        token
          .split('.')
          .with(1, encodePart({ ...decodeJwt(token), sub: 'system:serviceaccount:shop:checkout' }))
          .join('.'),
    ],
    [
      'another signature',
      (token) =>
        token
          .split('.')
          .with(2, encodePart('x'.repeat(256)))
          .join('.'),
    ],
    ['no signature', (token) => token.split('.').with(2, '').join('.')],
    [
      'no algorithm',
      (token) =>
        token
          .split('.')
          .with(0, encodePart({ alg: 'none' }))
          .join('.'),
    ],
    ['the signature of another cluster', (token) => forge(token, {}, parts().clusters.management)],
    [
      'an end in the past',
      (token) =>
        forge(token, { iat: now() - 2 * HOUR, nbf: now() - 2 * HOUR, exp: now() - HOUR }, parts().clusters.workload),
    ],
    [
      'a beginning in the future',
      (token) => forge(token, { nbf: now() + HOUR, exp: now() + 2 * HOUR }, parts().clusters.workload),
    ],
  ])('with %s', async (_name, change) => {
    const token = change(await parts().callerToken());
    parts().plant(token);
    for (const path of WAYS) expect([path, await statusOf(path, token)]).toEqual([path, 401]);
  });

  test('for another audience', async () => {
    const tokens = [
      await parts().callerToken({ audiences: ['another'] }),
      await parts().callerToken({ audiences: [] }),
    ];
    for (const path of WAYS) for (const token of tokens) expect(await statusOf(path, token)).toBe(401);
  });

  test('of another cluster, and nobody is asked about it', async () => {
    const { management } = parts().clusters;
    const token = await management.admin.createToken({ namespace: 'shop', name: 'cart', audiences: ['token-broker'] });
    parts().plant(token);
    for (const path of WAYS) expect(await statusOf(path, token)).toBe(401);
    const stranger = signToken(createSigningKey(), { iss: 'https://stranger.example', aud: 'token-broker' });
    for (const path of WAYS) expect(await statusOf(path, stranger)).toBe(401);
  });

  test('without an account in the management cluster, in a namespace that is not allowed, or without a right', async () => {
    const { workload, management } = parts().clusters;
    await workload.admin.apply(serviceAccount('shop', 'nowhere'), serviceAccount('kube-system', 'cart'));
    await workload.admin.apply(namespace('other'), serviceAccount('other', 'cart'), serviceAccount('shop', 'unlisted'));
    await management.admin.apply(
      serviceAccount('shop', 'unlisted'),
      namespace('other'),
      serviceAccount('other', 'cart'),
    );
    // RBAC looks for the right before anybody looks for the account.
    const rules = {
      apiGroups: [''],
      resources: ['serviceaccounts/token'],
      verbs: ['create'],
      resourceNames: ['nowhere'],
    };
    await management.admin.apply(...grantEverywhere('token-broker/token-broker', 'nowhere', rules));
    const token = (name: string, home = 'shop') => parts().callerToken({ name, namespace: home });
    await eventually(async () => expect(await statusOf('/as-shipped/1', await token('nowhere'))).toBe(403));
    expect(await statusOf('/as-shipped/1', await token('cart', 'other'))).toBe(403);
    expect(await statusOf('/everywhere/1', await token('cart', 'kube-system'))).toBe(403);
    expect(await statusOf('/as-shipped/1', await token('unlisted'))).toBe(502);
    expect(await statusOf('/everywhere/1', await token('cart', 'other'))).toBe(502);
  });

  test('once the account was deleted, within the maximum age and the time that the API server itself remembers', async () => {
    const { workload, management } = parts().clusters;
    const leaving = serviceAccount('shop', 'checkout');
    const token = await parts().callerToken({ name: 'checkout' });
    expect(await statusOf('/briefly/1', token)).toBe(200);
    await workload.admin.remove(leaving);
    await eventually(async () => expect(await statusOf('/briefly/1', token)).toBe(401), 20_000);
    // Made again it is another account: the old token stays bad, and the old decision is no longer given.
    await workload.admin.apply(leaving);
    const anew = await parts().callerToken({ name: 'checkout' });
    await eventually(async () => expect(await statusOf('/briefly/1', anew)).toBe(200), 20_000);
    expect(await statusOf('/briefly/1', token)).toBe(401);
    expect(await whoAmI(management, parts().obtainedToken())).toBe('system:serviceaccount:shop:checkout');
  }, 60_000);

  test('while control has no right to review', async () => {
    const { workload } = parts().clusters;
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'token-broker-reviewer' },
    };
    const { roleRef, subjects } = await workload.admin.read(binding);
    await workload.admin.remove(binding);
    await eventually(async () => expect(await statusOf('/as-shipped/1', await parts().callerToken())).toBe(502));
    expect(await statusOf('/offline/1', await parts().callerToken())).toBe(200);
    await workload.admin.apply({ ...binding, roleRef, subjects });
    await eventually(async () => expect(await statusOf('/as-shipped/1', await parts().callerToken())).toBe(200));
  });
});
