import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseKubeconfig } from '../../../../control/kubernetes/access/kubeconfig.ts';

/** A kubeconfig of two contexts, with parts of the first replaced. */
function kubeconfig({
  cluster = {},
  user = {},
  top = {},
}: {
  cluster?: object;
  user?: object;
  top?: object;
} = {}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'one',
    contexts: [
      { name: 'one', context: { cluster: 'first', user: 'alice', namespace: 'shop' } },
      { name: 'two', context: { cluster: 'second', user: 'bob' } },
    ],
    clusters: [
      { name: 'first', cluster: { server: 'https://first.example', ...cluster } },
      { name: 'second', cluster: { server: 'https://second.example' } },
    ],
    users: [
      { name: 'alice', user: { token: 'planted-token', ...user } },
      { name: 'bob', user: { tokenFile: 'bob.token' } },
    ],
    ...top,
  });
}

test('the current context is meant unless another one is named', () => {
  const current = parseKubeconfig(kubeconfig(), undefined);
  expect(current.cluster.get('server')).toBe('https://first.example');
  expect(current.user.get('token')).toBe('planted-token');
  expect(current.namespace).toBe('shop');
  const named = parseKubeconfig(kubeconfig(), 'two');
  expect(named.cluster.get('server')).toBe('https://second.example');
  expect(named.user.get('tokenFile')).toBe('bob.token');
  expect(named.namespace).toBeUndefined();
});

test('JSON is YAML', () => {
  const text = JSON.stringify({
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'b', user: 'c' } }],
    clusters: [{ name: 'b', cluster: { server: 'https://b.example' } }],
    users: [{ name: 'c', user: { token: 'd' } }],
  });
  expect(parseKubeconfig(text, undefined).user.get('token')).toBe('d');
});

test('fields that say no ask for nothing', () => {
  const text = kubeconfig({
    cluster: { 'insecure-skip-tls-verify': false, 'proxy-url': '', 'disable-compression': true },
    user: { exec: null },
  });
  expect([...parseKubeconfig(text, undefined).cluster.keys()]).toEqual(['server']);
});

test.each<readonly [string, Parameters<typeof kubeconfig>[0], RegExp]>([
  [
    'certificates that nobody checks',
    { cluster: { 'insecure-skip-tls-verify': true } },
    /insecure-skip-tls-verify is not/,
  ],
  ['a proxy', { cluster: { 'proxy-url': 'http://proxy.example' } }, /proxy-url is not supported/],
  ['a command', { user: { exec: { command: 'aws' } } }, /user's exec is not supported: no command is run/],
  ['a plugin', { user: { 'auth-provider': { name: 'oidc' } } }, /auth-provider is not supported/],
  ['a password', { user: { username: 'alice', password: 'planted-password' } }, /username is not supported/],
  ['another identity', { user: { as: 'admin' } }, /as is not supported: nobody is impersonated/],
  ['another group', { user: { 'as-groups': ['admins'] } }, /as-groups is not supported/],
  ['a current context that is not there', { top: { 'current-context': 'three' } }, /contexts holds no context "three"/],
  ['no current context', { top: { 'current-context': '' } }, /no current-context is set/],
  ['a cluster that is not there', { top: { clusters: [] } }, /clusters holds no cluster "first"/],
  ['a user that is not there', { top: { users: null } }, /users holds no user "alice"/],
  ['a number for a list', { top: { contexts: 5 } }, /contexts holds no context "one"/],
])('%s is refused', (_name, parts, message) => {
  expect(() => parseKubeconfig(kubeconfig(parts), undefined)).toThrow(message);
});

test.each([
  ['an open bracket', 'users: [{user: {token: planted-token', /^it is not YAML in line 1$/],
  ['a tab', 'users:\n\t- planted-token', /^it is not YAML in line 2$/],
  ['a list', '- planted-token', /^no current-context is set/],
  ['nothing', '', /^no current-context is set/],
  [
    'aliases without end',
    `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(20)}]\nc: [${'*b,'.repeat(20)}]`,
    /^it is not YAML/,
  ],
])('%s is no kubeconfig, and is not quoted', (_name, text, message) => {
  expect(() => parseKubeconfig(text, undefined)).toThrow(message);
});
