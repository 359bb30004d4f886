import { describe, expect, test } from 'vitest';
import { readConfigurationFile } from '../../../control/config/file.ts';
import { ConfigurationError } from '../../../control/config/problems.ts';
import type { ReadSecret } from '../../../control/config/secret-reference.ts';
import { Secret } from '../../../control/secret.ts';

const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
const KUBECONFIG = { kubeconfig: { file: '/kubeconfig' } };

interface Parts {
  readonly clusters?: object;
  readonly policy?: object;
  readonly client?: object;
  readonly environment?: Readonly<Record<string, string>>;
  readonly readSecret?: ReadSecret;
}

function read({ clusters = {}, policy = {}, client, environment = {}, readSecret }: Parts) {
  const text = JSON.stringify({
    version: 'v1',
    clusters,
    issuers: { dex: { tokenEndpoint: 'https://dex.example/token', ...(client && { client }) } },
    policy,
  });
  return readConfigurationFile('/broker.json', environment, () => Buffer.from(text), readSecret);
}

function problemsOf(parts: Parts): string {
  try {
    read(parts);
    return 'none';
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map(({ setting, message }) => `${setting}: ${message}`).join('\n');
  }
}

describe('clusters', () => {
  test('in a pod the cluster around it is there without saying so', () => {
    expect(read({ environment: POD }).clusters.get('in-cluster')).toEqual({
      name: 'in-cluster',
      access: {
        ...{ kind: 'inCluster', host: '10.0.0.1', port: 443 },
        folder: '/var/run/secrets/kubernetes.io/serviceaccount',
      },
      timeout: 5000,
    });
    expect(read({}).clusters.size).toBe(0);
  });

  test('are reached as a file for kubectl says, by an address, or from the inside', () => {
    const clusters = {
      management: { kubeconfig: { file: '/kubeconfig', context: 'admin' }, timeout: '2s' },
      workload: { server: { url: 'https://api.example/prefix', caFile: '/ca', tokenFile: '/token' } },
      here: { inCluster: { folder: '/elsewhere' } },
    };
    const accesses = [...read({ clusters, environment: POD }).clusters.values()].map(({ access }) => access);
    expect(accesses).toEqual([
      expect.objectContaining({ kind: 'inCluster', folder: '/var/run/secrets/kubernetes.io/serviceaccount' }),
      { kind: 'kubeconfig', file: '/kubeconfig', context: 'admin' },
      { kind: 'url', url: new URL('https://api.example/prefix'), caFile: '/ca', tokenFile: '/token' },
      expect.objectContaining({ kind: 'inCluster', folder: '/elsewhere' }),
    ]);
  });

  test.each<[string, object, RegExp]>([
    [
      'two ways at once',
      { a: { ...KUBECONFIG, inCluster: {} } },
      /clusters\.a: needs exactly one of inCluster, kubeconfig/,
    ],
    ['no way', { a: { timeout: '1s' } }, /clusters\.a: needs exactly one of/],
    ['http', { a: { server: { url: 'http://a.example', tokenFile: '/t' } } }, /a\.server\.url: must begin with https/],
    ['a password', { a: { server: { url: 'https://u:p@a', tokenFile: '/t' } } }, /no credentials/],
    ['a cluster around nothing', { a: { inCluster: {} } }, /a\.inCluster: needs KUBERNETES_SERVICE_HOST/],
    ['a time that is too long', { a: { ...KUBECONFIG, timeout: '2m' } }, /clusters\.a\.timeout/],
  ])('refuses %s', (_case, clusters, problem) => {
    expect(problemsOf({ clusters })).toMatch(problem);
  });
});

describe('policy.configMaps', () => {
  const configMaps = (more: object) => ({ clusters: { home: KUBECONFIG }, policy: { configMaps: more } });

  test('selects by the labels of ext-authz-token-exchange where nothing else is said', () => {
    const { policy, warnings } = read(configMaps({ cluster: 'home' }));
    expect(policy.configMaps).toMatchObject({
      cluster: { name: 'home' },
      selector: 'ext-authz-token-exchange.magneticflux.net/enabled=true',
      namespaces: { kind: 'labels', selector: 'ext-authz-token-exchange.magneticflux.net/policy=enabled' },
      key: 'config.yaml',
      hosts: undefined,
    });
    expect(warnings).toContainEqual(expect.stringContaining('policy.configMaps.hosts does not say'));
  });

  test('says which namespaces may claim which hosts', () => {
    const { policy, warnings } = read(
      configMaps({ cluster: 'home', namespaces: ['team-a'], hosts: { 'team-a': ['*.A.example'] } }),
    );
    expect(policy.configMaps).toMatchObject({
      namespaces: { kind: 'names', names: ['team-a'] },
      hosts: new Map([['team-a', ['*.a.example']]]),
    });
    expect(warnings).not.toContainEqual(expect.stringContaining('configMaps'));
  });

  test.each(['a', '!a', 'a=b', 'a==b', 'a!=b', 'a.b/c in (d, e),f notin (g)', 'a=,b'])(
    'takes the selector %s',
    (selector) => {
      expect(problemsOf(configMaps({ cluster: 'home', selector }))).toBe('none');
    },
  );

  test.each(['a b', 'a=b=c', 'a in b', 'a,,b', 'a in ()', '(a)'])('refuses the selector %s', (selector) => {
    expect(problemsOf(configMaps({ cluster: 'home', selector }))).toMatch(/configMaps\.selector: is no label selector/);
  });

  test.each<[string, object, RegExp]>([
    [
      'a cluster that is not there',
      { cluster: 'away' },
      /cluster: names the cluster away, which is no key of clusters/,
    ],
    ['the cluster around nothing', {}, /runs in none \(KUBERNETES_SERVICE_HOST is not set\)/],
    [
      'two ways to select namespaces',
      { cluster: 'home', namespaces: ['a'], namespaceSelector: 'a=b' },
      /namespaces: stands beside namespaceSelector/,
    ],
    ['what is no namespace', { cluster: 'home', namespaces: ['A_b'] }, /namespaces/],
  ])('refuses %s', (_case, more, problem) => {
    expect(problemsOf(configMaps(more))).toMatch(problem);
  });
});

describe('a Secret of Kubernetes', () => {
  const values = new Map([
    ['id', new Secret('app')],
    ['empty', new Secret('')],
  ]);
  const secretRef = { cluster: 'home', namespace: 'broker', name: 'client', key: 'id' };
  const parts = (more: object, readSecret?: ReadSecret): Parts => ({
    clusters: { home: KUBECONFIG },
    client: { id: { secretRef: { ...secretRef, ...more } } },
    ...(readSecret && { readSecret }),
  });

  test('stands for a value', () => {
    const asked: unknown[] = [];
    const { issuers } = read(
      parts({}, ({ cluster, namespace, name }) => {
        asked.push([cluster.name, namespace, name]);
        return values;
      }),
    );
    expect(issuers.get('dex')?.client?.id.reveal()).toBe('app');
    expect(asked).toEqual([['home', 'broker', 'client']]);
  });

  test.each<[string, object, ReadSecret | undefined, RegExp]>([
    ['a key that is not there', { key: 'other' }, () => values, /Secret broker\/client, which has no key other/],
    ['a key with nothing', { key: 'empty' }, () => values, /which holds nothing under empty/],
    ['a Secret that is not there', {}, () => 'is not there; make it', /broker\/client, which is not there; make it/],
    ['a cluster that is not there', { cluster: 'away' }, () => values, /client\.id: names the cluster away/],
    ['a Secret where none can be read', {}, undefined, /which cannot be read here/],
  ])('refuses %s', (_case, more, readSecret, problem) => {
    expect(problemsOf(parts(more, readSecret))).toMatch(problem);
  });
});
