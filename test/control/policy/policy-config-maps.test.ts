import { expect, test } from 'vitest';
import { documentsOf, unreadDocuments } from '../../../control/policy/sources/policy-config-maps.ts';

const operator = { environment: {}, readFile: () => Buffer.alloc(0), clusters: new Map(), readSecret: () => '' };
const configMap = (namespace: string, data: Record<string, string> = { 'config.yaml': 'text' }) => ({
  namespace,
  name: 'orders',
  data: new Map(Object.entries(data)),
});

test("a ConfigMap is its namespace's own document, for the hosts of that namespace", () => {
  const hosts = new Map([['team-a', ['a.example']]]);
  const settings = { key: 'config.yaml', hosts, trustedNamespaces: new Set(['platform']) };
  const all = [configMap('team-a'), configMap('team-b'), configMap('platform')];
  expect(documentsOf(all, settings, operator)).toEqual([
    {
      name: 'configmap team-a/orders',
      label: 'team-a.orders',
      content: { kind: 'text', text: 'text' },
      hosts: ['a.example'],
      owner: 'namespace team-a',
      operator: undefined,
    },
    expect.objectContaining({ name: 'configmap team-b/orders', hosts: [] }),
    expect.objectContaining({ name: 'configmap platform/orders', hosts: undefined, owner: undefined, operator }),
  ]);
});

test('without ownership each may claim any host', () => {
  const settings = { key: 'config.yaml', hosts: undefined, trustedNamespaces: new Set<string>() };
  expect(documentsOf([configMap('team-a')], settings, operator)).toMatchObject([{ hosts: undefined }]);
});

test('one without the key is a document that is missing', () => {
  const settings = { key: 'policy.yaml', hosts: undefined, trustedNamespaces: new Set<string>() };
  expect(documentsOf([configMap('team-a')], settings, operator)).toMatchObject([
    { content: { kind: 'missing', problem: 'has no policy.yaml under data; put the document there' } },
  ]);
});

test('one that is too large is a document that is missing', () => {
  const settings = { key: 'config.yaml', hosts: undefined, trustedNamespaces: new Set<string>() };
  const large = configMap('team-a', { 'config.yaml': 'ä'.repeat(256 * 1024 + 1) });
  expect(documentsOf([large], settings, operator)).toMatchObject([
    { content: { kind: 'missing', problem: 'config.yaml has 524290 bytes; the most is 524288; divide it' } },
  ]);
});

test('a namespace that cannot be read stands for all that it may claim', () => {
  const settings = { hosts: new Map([['team-a', ['a.example']]]), trustedNamespaces: new Set(['platform']) };
  const unread = new Map([
    ['team-a', 'forbidden'],
    ['platform', 'forbidden'],
  ]);
  expect(unreadDocuments(unread, settings)).toMatchObject([
    {
      name: 'configmaps of namespace team-a',
      content: { kind: 'missing', problem: 'cannot be read: forbidden' },
      hosts: ['a.example'],
      owner: 'namespace team-a',
    },
    { hosts: [], owner: undefined },
  ]);
});
