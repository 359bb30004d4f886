import { chmodSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CommandFolder } from './running.ts';

const entry = (pathPrefix: string, issuerRef = 'primary') => ({
  match: { host: 'api.example', pathPrefix },
  action: 'exchange',
  exchange: { issuerRef, audiences: ['orders-api'] },
});
const policy = (...entries: object[]) => ({ version: 'v1', entries });
const CONFIG = {
  version: 'v1',
  policy: {},
  issuers: {
    primary: { tokenEndpoint: 'https://p.example', client: { id: { value: 'a' }, secret: { value: 'planted' } } },
  },
};

let folder: CommandFolder;
beforeEach(() => {
  folder = new CommandFolder();
});
afterEach(() => folder.remove());

describe('check-policy', () => {
  test('says that documents are good', async () => {
    const files = [
      folder.write('a.yaml', policy(entry('/a'))),
      folder.write('b.json', policy(entry('/b'), entry('/c'))),
    ];
    expect(await folder.run('check-policy', ...files)).toEqual({
      code: 0,
      output: '3 entries and 0 revocations in 2 documents are good',
      errors: '',
    });
  });

  test('says where they are not, and where two of them claim the same', async () => {
    const bad = folder.write('bad.yaml', 'version: v1\nentries:\n  - { match: { host: h.example }, action: deny }\n');
    const [a, b] = [folder.write('a.yaml', policy(entry('/a'))), folder.write('b.yaml', policy(entry('/a')))];
    const { code, errors } = await folder.run('check-policy', bad, a, b);
    expect(code).toBe(1);
    expect(errors).toContain('bad.yaml: entries[0]: match.pathPrefix: is missing; set it');
    expect(errors).toMatch(
      /a\.yaml: entries\[0\]: claims the same host, path and methods as file .*b\.yaml: entries\[0\]/,
    );
  });

  test("holds them against the operator's configuration, where it is given", async () => {
    const file = folder.write('a.yaml', policy(entry('/a', 'other')));
    expect((await folder.run('check-policy', file)).code).toBe(0);
    const { code, errors } = await folder.run('check-policy', '--config', folder.write('c.yaml', CONFIG), file);
    expect(code).toBe(1);
    expect(errors).toMatch(/entries\[0\]: names an issuer other that does not exist; known: primary$/);
    expect(errors).not.toContain('planted');
  });

  test('reads a folder, and tells of a file that is not there', async () => {
    folder.write('a.yaml', policy(entry('/a')));
    expect((await folder.run('check-policy', folder.path('.'))).output).toMatch(/^1 entries/);
    expect((await folder.run('check-policy', folder.path('none.yaml'))).errors).toMatch(/cannot be read \(ENOENT\)/);
  });
});

describe('explain', () => {
  const ask = async (method: string, url: string, ...options: string[]) => {
    const file = folder.write('a.yaml', policy(entry('/orders'), { ...entry('/orders/x'), action: 'deny' }));
    return folder.run('explain', '--policy', file, ...options, method, url);
  };

  test('says which entry a request meets and what it leads to', async () => {
    const { code, output } = await ask('GET', 'https://API.example:8443/orders/1?a=/orders/x');
    expect(code).toBe(0);
    expect(output).toMatch(
      /^entry {4}a\.0\nclaims {3}api\.example \/orders \(every method\)\noutcome {2}exchange at primary/,
    );
    expect(output).toContain('reads    header authorization');
    expect(output).toContain('OPTIONS  without credentials: preflight');
  });

  test.each([
    ['https://api.example/orders/x/y', /^entry {4}a\.1\n(?:.*\n)*outcome {2}refused with 403 \(policy_denied\)$/],
    ['https://api.example/elsewhere', /^no entry matches: refused with 403$/],
    ['https://api.example/orders/..%2fx', /^refused with 400: the path can be read in several ways/],
  ])('%s', async (url, expected) => {
    expect((await ask('GET', url)).output).toMatch(expected);
  });
});

describe('revoke', () => {
  test.each<[string[], string]>([
    [['client', 'batch'], '{ client: batch }'],
    [
      ['subject', 'alice', '--issuer', 'https://login.example', '--issued-before', 'now'],
      '{ subject: alice, issuer: https://login.example, issuedBefore: 2026-11-25T10:00:00Z }',
    ],
    [
      ['issuer', 'https://login.example', '--until', '24h'],
      '{ issuer: https://login.example, until: 2026-11-26T10:00:00Z }',
    ],
    [['route', 'a.0', '--reason', 'key: leaked'], '{ route: a.0, reason: "key: leaked" }'],
    [['client', 'b', '--until', '2027-01-01T00:00:00+01:00'], '{ client: b, until: 2026-12-31T23:00:00Z }'],
  ])('%j', async (words, line) => {
    const { code, output } = await folder.run('revoke', '--file', folder.path('new.yaml'), ...words);
    expect([code, output]).toEqual([0, expect.stringContaining('revoked in')]);
    expect(folder.read('new.yaml')).toBe(`version: v1\nentries: []\nrevocations:\n  - ${line}\n`);
    expect((await folder.run('check-policy', folder.path('new.yaml'))).code).toBe(0);
  });

  test('leaves the rest of a document, and who may read it, as they are', async () => {
    const text = '# ours\nversion: v1\nentries: []   # none yet\nrevocations:\n  - { client: a }  # leaked\n';
    folder.write('own.yaml', text);
    chmodSync(folder.path('own.yaml'), 0o640);
    await folder.run('revoke', '--file', folder.path('own.yaml'), 'client', 'b');
    expect(folder.read('own.yaml')).toBe(
      text
        .replace('# none yet', '# none yet')
        .concat('  - { client: b }\n')
        .replace('[]   #', '[] #')
        .replace('}  #', '} #'),
    );
    expect(statSync(folder.path('own.yaml')).mode & 0o777).toBe(0o640);
  });

  test('keeps JSON JSON', async () => {
    folder.write('own.json', policy());
    await folder.run('revoke', '--file', folder.path('own.json'), 'client', 'b');
    expect(JSON.parse(folder.read('own.json'))).toEqual({ ...policy(), revocations: [{ client: 'b' }] });
  });

  test('changes nothing in a document that would not take effect', async () => {
    folder.write('bad.yaml', 'version: v2\nentries: []\n');
    const { code, errors } = await folder.run('revoke', '--file', folder.path('bad.yaml'), 'client', 'b');
    expect([code, errors]).toEqual([1, expect.stringMatching(/bad\.yaml: version: must be v1/)]);
    expect(folder.read('bad.yaml')).toBe('version: v2\nentries: []\n');
  });
});

describe('a command that is called wrongly', () => {
  test.each<[string[], RegExp]>([
    [['revoke', 'client', 'a'], /name the document: --file FILE/],
    [['revoke', '--file', 'x', 'user', 'a'], /say what to revoke/],
    [['revoke', '--file', 'x', 'client'], /say what to revoke/],
    [['revoke', '--file', 'x', '--until', 'tomorrow', 'client', 'a'], /"tomorrow" is no time/],
    [['revoke', '--fiel', 'x'], /Unknown option '--fiel'/],
    [['check-policy'], /name the documents to check/],
    [['explain', 'GET'], /name a method and a URL/],
    [['chek'], /there is no command chek; known: check-policy, explain, revoke/],
  ])('%j', async (words, expected) => {
    const { code, errors } = await folder.run(...words);
    expect([code, errors]).toEqual([2, expect.stringMatching(expected)]);
  });
});
