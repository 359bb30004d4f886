import { describe, expect, test } from 'vitest';
import { readCommandLine } from '../../../../control/command-line.ts';
import type { Environment } from '../../../../control/config/environment-reader.ts';
import { loadConfiguration } from '../../../../control/config/load.ts';
import type { TokensmithFlags } from '../../../../control/config/tokensmith/flags.ts';
import { writeDocument } from '../../../../control/config/tokensmith/read-tokensmith.ts';
import { createSigningKey, keySetOf } from '../../../../tools/tokens/signing-key.ts';
import { problemsWith } from '../../kubernetes-mode.ts';

const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
const KEY_SET = JSON.parse(keySetOf(createSigningKey()));
const CLUSTERS = {
  clusters: [
    { name: 'one', issuer: 'https://one.example', jwks_data: KEY_SET, jwks_uri: 'https://not-used.example' },
    { name: 'two', issuer: 'https://two.example', jwks_uri: 'https://two.example/openid/v1/jwks' },
  ],
};

function flagsOf(...words: string[]): TokensmithFlags {
  const { config } = readCommandLine(['authz', ...words]);
  if (typeof config !== 'object') throw new Error('these are no flags');
  return config;
}

function read(words: string[], clusters: object = CLUSTERS, environment: Environment = {}) {
  const readFile = (path: string) => {
    if (path !== '/clusters.yaml') throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return Buffer.from(JSON.stringify(clusters));
  };
  return loadConfiguration({ ...POD, ...environment }, readFile, flagsOf(...words));
}

describe("tokensmith's flags", () => {
  test('have its defaults', async () => {
    const { listeners, logLevel, clusters, policy, warnings } = await read([]);
    expect(listeners.grpc).toEqual({ address: { host: '0.0.0.0', port: 9001 }, tls: undefined });
    expect([listeners.check, listeners.filter?.address]).toEqual([undefined, { host: '127.0.0.1', port: 8081 }]);
    expect(logLevel).toBe('info');
    expect(clusters.get('workload')?.access).toMatchObject({ kind: 'inCluster', host: '10.0.0.1' });
    expect(policy).toMatchObject({
      unmatched: 'deny',
      entries: [
        {
          match: { host: '*', pathPrefix: '/', methods: [] },
          action: {
            sources: [{ kind: 'review', name: 'workload', audiences: [] }],
            target: 'management',
            audiences: ['https://kubernetes.default.svc'],
            expirationSeconds: 3600,
          },
        },
      ],
    });
    expect(warnings.join('\n')).toContain('the workload cluster is the one around us');
  });

  test('say where, how long and how much', async () => {
    const words = ['--addr=::1', '--port', '9443', '--workload-kubeconfig=/workload', '--token-expiration', '600'];
    const { listeners, logLevel, clusters, policy } = await read([...words, '--log-level', 'debug']);
    expect(listeners.grpc?.address).toEqual({ host: '::1', port: 9443 });
    expect(logLevel).toBe('debug');
    expect(clusters.get('workload')?.access).toMatchObject({ kind: 'kubeconfig', file: '/workload' });
    expect(policy.entries[0]?.action).toMatchObject({ expirationSeconds: 600 });
  });

  test('name a file of clusters, whose key sets verify', async () => {
    const { providers, clusters, policy } = await read(['--clusters-config', '/clusters.yaml']);
    expect([...providers.values()]).toMatchObject([
      { name: 'one', issuers: ['https://one.example'], keys: { local: JSON.stringify(KEY_SET), remote: undefined } },
      { name: 'two', keys: { remote: { location: { url: new URL('https://two.example/openid/v1/jwks') } } } },
    ]);
    expect([...clusters.keys()]).not.toContain('workload');
    expect(policy.entries[0]?.action).toMatchObject({
      sources: [
        { kind: 'keys', name: 'one' },
        { kind: 'keys', name: 'two' },
      ],
    });
  });

  test.each([
    [['--log-format', 'text'], /--log-format text has no effect/],
    [['--clusters-config', '/clusters.yaml', '--workload-kubeconfig', '/w'], /--workload-kubeconfig has no effect/],
    [['--clusters-config', '/clusters.yaml'], /provider one accepts tokens that are meant for any other service/],
    [['--workload-kubeconfig', '/w'], /own API server are accepted/],
  ])('%j are warned of', async (words, expected) => {
    expect((await read(words)).warnings.join('\n')).toMatch(expected);
  });

  test.each<[string[], object, RegExp]>([
    [['--port', 'http'], CLUSTERS, /--port: "http" is not a whole number from 0 to 65535/],
    [['--token-expiration', '599'], CLUSTERS, /--token-expiration: "599" is not a whole number from 600/],
    [['--log-level', 'loud'], CLUSTERS, /--log-level: "loud" is no log level/],
    [['--log-format', 'xml'], CLUSTERS, /--log-format: "xml" is no log format/],
    [['--clusters-config', '/none'], CLUSTERS, /--clusters-config: .*ENOENT/],
    [['--clusters-config', '/clusters.yaml'], {}, /has no clusters/],
    [['--clusters-config', '/clusters.yaml'], { clusters: [{ issuer: 'i' }] }, /clusters\[0\]: needs a name/],
    [['--clusters-config', '/clusters.yaml'], { clusters: [{ name: 'a' }] }, /clusters\[0\]: needs the issuer/],
    [
      ['--clusters-config', '/clusters.yaml'],
      { clusters: [{ name: 'a', issuer: 'i' }] },
      /needs jwks_uri or jwks_data/,
    ],
    [
      ['--clusters-config', '/clusters.yaml'],
      { clusters: Array(2).fill(CLUSTERS.clusters[0]) },
      /two clusters with the name "one"/,
    ],
  ])('%j are refused where they are wrong', async (words, clusters, expected) => {
    await expect(read(words, clusters)).rejects.toThrow(expected);
  });

  test('are refused outside a pod, and beside what configures control otherwise', async () => {
    const nowhere = { KUBERNETES_SERVICE_HOST: undefined };
    await expect(read([], CLUSTERS, nowhere)).rejects.toThrow(
      /clusters.management.inCluster: needs KUBERNETES_SERVICE_HOST/,
    );
    await expect(read([], CLUSTERS, { DEX_TOKEN_URL: 'https://dex' })).rejects.toThrow(/DEX_TOKEN_URL: are both set/);
  });

  test('that do not exist are refused', () => {
    expect(() => flagsOf('--verbose')).toThrow(/verbose/);
  });

  test('become a file that says the same', () => {
    const document = writeDocument(flagsOf('--workload-kubeconfig', '/w'), () => Buffer.from(''));
    expect(document).toMatchObject({ clusters: { workload: { kubeconfig: { file: '/w' } } } });
    expect(problemsWith(() => writeDocument(flagsOf('--port=-1'), () => Buffer.from('')))).toMatch(/--port/);
  });
});
