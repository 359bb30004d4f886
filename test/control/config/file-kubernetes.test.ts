import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readConfigurationFile } from '../../../control/config/file.ts';
import type { KubernetesDocument } from '../../../control/config/kubernetes-document.ts';
import { readPolicyDocument } from '../../../control/config/read-policy-document.ts';
import { type KubernetesFile, kubernetesConfiguration, problemsWith } from '../kubernetes-mode.ts';

const SHIPPED = fileURLToPath(new URL('../../../deploy/kubernetes-identity/control.yaml', import.meta.url));

const read = (kubernetes: Partial<KubernetesDocument> = {}) =>
  kubernetesConfiguration({ kubernetes }).policy.entries[0]?.action;

test('an entry needs to say little', () => {
  expect(read()).toEqual({
    kind: 'kubernetes',
    sources: [{ kind: 'review', name: 'workload', audiences: ['broker'] }],
    target: 'management',
    subjectToken: undefined,
    audiences: [],
    expirationSeconds: 3600,
    maximumDecisionAge: 60_000,
    accounts: {
      namespaces: { allow: ['*'], deny: ['kube-*'] },
      names: { allow: ['*'], deny: [] },
      map: [
        { from: { source: undefined, namespace: '*', name: '*' }, to: { namespace: '{namespace}', name: '{name}' } },
      ],
    },
    authorizationHeader: 'authorization',
    strip: [],
    authenticate: undefined,
  });
});

test('an entry may say all of it', () => {
  const action = read({
    sources: [{ provider: 'offline' }],
    subjectToken: { header: 'x-identity' },
    accounts: { namespaces: { allow: ['shop-*'], deny: [] }, map: [{ from: { name: 'a' }, to: { name: 'b' } }] },
    maximumDecisionAge: '5s',
    expirationSeconds: 600,
  });
  expect(action).toMatchObject({
    sources: [{ kind: 'keys', name: 'offline' }],
    subjectToken: { header: 'x-identity' },
    accounts: {
      namespaces: { allow: ['shop-*'], deny: [] },
      map: [{ from: { namespace: '*', name: 'a' }, to: { namespace: '{namespace}', name: 'b' } }],
    },
    maximumDecisionAge: 5000,
    expirationSeconds: 600,
  });
});

test.each<[string, KubernetesFile, RegExp]>([
  ['less than ten minutes', { kubernetes: { expirationSeconds: 599 } }, /expirationSeconds.*600/],
  ['an age of a day', { kubernetes: { maximumDecisionAge: '24h' } }, /kubernetes.maximumDecisionAge/],
  ['no source', { kubernetes: { sources: [] } }, /sources/],
  ['a source that is neither', { kubernetes: { sources: [{}] } }, /needs exactly one of cluster and provider/],
  ['one that is both', { kubernetes: { sources: [{ cluster: 'a', provider: 'b' }] } }, /exactly one of cluster/],
  [
    'audiences for a provider',
    { kubernetes: { sources: [{ provider: 'b', audiences: ['c'] }] } },
    /are the provider's; set them there/,
  ],
  ['a pattern with * in the middle', { kubernetes: { accounts: { names: { allow: ['a*b'] } } } }, /allow/],
  ['another placeholder', { kubernetes: { accounts: { map: [{ to: { name: '{uid}' } }] } } }, /name/],
  ['a member of another action', { entry: { pass: {} } }, /pass: is not used by action kubernetes/],
  ['no member of its own', { entry: { kubernetes: undefined } }, /kubernetes/],
])('a file may not have %s', (_name, file, expected) => {
  expect(problemsWith(() => kubernetesConfiguration(file))).toMatch(expected);
});

test('the shipped configuration is good', () => {
  const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
  const { clusters, policy, warnings } = readConfigurationFile(SHIPPED, pod, readFileSync);
  expect([...clusters.keys()]).toEqual(['in-cluster', 'management', 'workload']);
  expect(policy.entries).toMatchObject([
    { action: { accounts: { namespaces: { allow: ['shop'], deny: ['kube-*'] } } } },
  ]);
  expect(warnings).toEqual([]);
});

test("a team's document may not make itself an account of the target", () => {
  const entries = [
    {
      match: { host: 'a.example', pathPrefix: '/' },
      action: 'kubernetes',
      kubernetes: { sources: [{ cluster: 'workload' }], target: 'management' },
    },
  ];
  const text = JSON.stringify({ version: 'v1', entries });
  const document = readPolicyDocument(text, { name: 'file a', operator: undefined, idOf: () => 'a' });
  expect(document.entries).toMatchObject([
    { entry: undefined, problems: [{ message: "is for the operator's own configuration alone; remove the entry" }] },
  ]);
});
