import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../../control/config/configuration.ts';
import type { AccountSourceDocument, KubernetesDocument } from '../../../control/config/kubernetes-document.ts';
import type { Route } from '../../../control/decide/route.ts';
import { PolicyBuilder } from '../../../control/policy/build-policy.ts';
import { deriveKeys, randomRoot } from '../../../control/policy/keys.ts';
import { Secret } from '../../../control/secret.ts';
import { createSigningKey, keySetOf } from '../../../tools/tokens/signing-key.ts';
import { type KubernetesFile, kubernetesConfiguration, problemsWith } from '../kubernetes-mode.ts';

const KEYS = deriveKeys(new Secret('k'.repeat(32)), randomRoot());
const jwks = { inline: JSON.parse(keySetOf(createSigningKey())) };
const PROVIDERS = {
  offline: { issuer: 'https://offline.example', audiences: ['broker'], jwks },
  anybody: { audiences: ['broker'], jwks },
};
const FILES = { '/workload': 'kubeconfig', '/ca': 'authorities' };

function build(configuration: Configuration, files: Record<string, string>): Route {
  const readFile = (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return Buffer.from(text);
  };
  return new PolicyBuilder().build(configuration, [], { keys: KEYS, readFile }, 0).table.routes[0] as Route;
}

const compiled = (file: KubernetesFile = {}, files: Record<string, string> = FILES) =>
  build(kubernetesConfiguration({ providers: PROVIDERS, ...file }), files);

describe('a route to an account of another cluster', () => {
  test('reads the Bearer token, and the backend sees none of it', () => {
    expect(compiled()).toMatchObject({
      kind: 'decide',
      options: 'decide',
      inputs: [{ source: 'header', name: 'authorization', maximumBytes: 16_384 + 'Bearer '.length }],
      strip: ['authorization'],
      action: {
        kind: 'kubernetes',
        issuer: 'management',
        sources: [{ kind: 'review', name: 'workload', issuers: ['https://workload.example'], audiences: ['broker'] }],
      },
    });
  });

  test('knows sources by all their issuers', () => {
    const sources = [{ cluster: 'second' }, { provider: 'offline' }];
    expect(compiled({ kubernetes: { sources } })).toMatchObject({
      action: {
        sources: [
          { kind: 'review', issuers: ['https://second.example', 'https://old.example'], audiences: [] },
          { kind: 'keys', issuers: ['https://offline.example'] },
        ],
      },
    });
  });

  test('takes what the only source says where that has no issuer', () => {
    expect(compiled({ kubernetes: { sources: [{ cluster: 'nameless' }] } })).toMatchObject({
      action: { sources: [{ name: 'nameless', issuers: [] }] },
    });
  });

  test('does not need files that come later', () => expect(compiled({}, {})).toMatchObject({ kind: 'decide' }));

  const sources = (...list: AccountSourceDocument[]) => ({ kubernetes: { sources: list } });
  const template = (to: { namespace?: string; name?: string }, ...list: AccountSourceDocument[]) => ({
    kubernetes: { accounts: { map: [{ to }] }, ...(list.length > 0 && { sources: list }) },
  });

  test.each<[string, KubernetesFile, RegExp]>([
    [
      'a target that is not there',
      { kubernetes: { target: 'none' } },
      /names a cluster none that does not exist; known: workload,/,
    ],
    ['a source that is not there', sources({ cluster: 'none' }), /names a cluster none that does not exist/],
    ['a provider that is not there', sources({ provider: 'none' }), /names a provider none that does not exist/],
    ['a provider without an issuer', sources({ provider: 'anybody' }), /anybody, which names no issuer/],
    [
      'several sources, one unknown',
      sources({ cluster: 'workload' }, { cluster: 'nameless' }),
      /cluster nameless; set its issuer/,
    ],
    ['one source twice', sources({ cluster: 'workload' }, { cluster: 'workload' }), /names as a source.*workload/],
    [
      'two sources with one issuer',
      {
        ...sources({ cluster: 'workload' }, { cluster: 'twin' }),
        clusters: { twin: { kubeconfig: { file: '/t' }, issuer: 'https://workload.example' } },
      },
      /two sources with the issuer https:\/\/workload.example: workload and twin/,
    ],
    [
      'a rule about no source of its',
      { kubernetes: { accounts: { map: [{ from: { source: 'second' } }] } } },
      /second is none of its sources/,
    ],
    [
      'namespace and name without a dot',
      template({ name: '{namespace}-{name}' }),
      /could make one account of two callers; put a dot/,
    ],
    ['name twice without a dot', template({ name: '{name}{name}' }), /could make one account/],
    [
      'sources of which one goes on as another',
      {
        ...template({ namespace: '{source}-{namespace}' }, { cluster: 'a' }, { cluster: 'a-b' }),
        clusters: {
          a: { kubeconfig: { file: '/a' }, issuer: 'a' },
          'a-b': { kubeconfig: { file: '/b' }, issuer: 'b' },
        },
      },
      /rename sources so that none of a, a-b/,
    ],
    [
      'a second check of tokens',
      { entry: { authenticate: { providers: ['offline'], from: [{ header: 'x-a' }] } } },
      /name the provider as one of its sources/,
    ],
    [
      'a header of the connection',
      { kubernetes: { authorizationHeader: 'host' } },
      /authorizationHeader: the header "host"/,
    ],
  ])('may not have %s', (_name, file, expected) => {
    expect(problemsWith(() => compiled(file))).toMatch(expected);
  });

  test.each([
    [{ name: '{namespace}.{name}' }],
    [{ namespace: '{source}-{namespace}' }],
    [{ namespace: 'callers', name: '{source}.{namespace}.{name}' }],
  ])('may make accounts of %o, whose callers one can tell apart', (to) => {
    expect(problemsWith(() => compiled(template(to, { cluster: 'workload' }, { cluster: 'second' })))).toBe('');
  });
});

test('the digest changes with everything that a decision depends on', () => {
  const changes: Partial<KubernetesDocument>[] = [
    ...[{}, { sources: [{ cluster: 'workload', audiences: ['other'] }] }, { sources: [{ cluster: 'workload' }] }],
    ...[{ sources: [{ cluster: 'second', audiences: ['broker'] }] }, { sources: [{ provider: 'offline' }] }],
    ...[{ target: 'second' }, { audiences: ['a'] }, { expirationSeconds: 600 }, { maximumDecisionAge: '5s' }],
    ...[{ subjectToken: { header: 'x-a' } }, { authorizationHeader: 'x-b' }, { strip: ['x-c'] }],
    ...[{ accounts: { namespaces: { allow: ['a'] } } }, { accounts: { namespaces: { deny: [] } } }],
    ...[{ accounts: { names: { deny: ['a'] } } }, { accounts: { map: [{ to: { name: 'a' } }] } }],
  ];
  const digests = [
    ...changes.map((kubernetes) => compiled({ kubernetes }).digest),
    compiled({}, { ...FILES, '/workload': 'another kubeconfig' }).digest,
    compiled({}, { ...FILES, '/ca': 'other authorities' }).digest,
    compiled({ clusters: { workload: { kubeconfig: { file: '/workload' }, issuer: 'https://new.example' } } }).digest,
  ];
  expect(new Set(digests).size).toBe(digests.length);
  expect(compiled().digest).toBe(compiled().digest);
});
