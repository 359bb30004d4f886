import { expect, test } from 'vitest';
import { readPolicyFiles } from '../../../control/policy/sources/policy-files.ts';

const operator = { environment: {}, readFile: () => Buffer.alloc(0), clusters: new Map(), readSecret: () => '' };
const fail = (code: string) => () => {
  throw Object.assign(new Error(code), { code });
};
const text = (content: string) => ({ kind: 'text', text: content });

test("takes a folder's YAML and JSON files, and a file as it is", () => {
  const reader = {
    list: (path: string) =>
      path === '/folder' ? ['.hidden.yaml', '..data', 'a.yaml', 'b.yml', 'c.json', 'd.txt'] : fail('ENOTDIR')(),
    read: (path: string) => Buffer.from(`content of ${path}`),
  };
  const configured = [
    { path: '/folder', hosts: ['a.example'], trusted: false },
    { path: '/team b.policy', hosts: undefined, trusted: true },
  ];
  expect(readPolicyFiles(configured, reader, operator)).toEqual([
    ...['a.yaml', 'b.yml', 'c.json'].map((name) => ({
      name: `file /folder/${name}`,
      label: name.slice(0, 1),
      content: text(`content of /folder/${name}`),
      hosts: ['a.example'],
      owner: `file /folder/${name}`,
      operator: undefined,
    })),
    {
      name: 'file /team b.policy',
      label: 'team-b',
      content: text('content of /team b.policy'),
      hosts: undefined,
      owner: undefined,
      operator,
    },
  ]);
});

test.each<[string, (path: string) => Buffer, RegExp]>([
  ['that is not there', fail('ENOENT'), /^cannot be read \(ENOENT\); name a file/],
  ['that may not be read', fail('EACCES'), /^cannot be read \(EACCES\)/],
  ['that is too large', () => Buffer.alloc(512 * 1024 + 1), /^has 524289 bytes; the most is 524288; divide it$/],
])('a file %s is a document that is missing', (_name, read, problem) => {
  const reader = { list: fail('ENOTDIR'), read };
  const [source] = readPolicyFiles([{ path: '/p', hosts: undefined, trusted: false }], reader, operator);
  expect(source).toMatchObject({
    name: 'file /p',
    content: { kind: 'missing', problem: expect.stringMatching(problem) },
  });
});
