import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { readConfigurationFile } from '../../../control/config/file.ts';
import { VARIABLES, type Variable } from '../../../control/config/variables.ts';
import { compileEntries } from '../policy/policy-of.ts';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const page = read('docs/configuration.md');
const SCHEMAS = ['schema.json', 'policy.schema.json', 'issuer-profiles.schema.json'];

describe('docs/configuration.md', () => {
  test.each(Object.entries(VARIABLES))('has a row for %s with its default', (name, variable: Variable) => {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
    expect(row).toBeDefined();
    if (variable.default !== undefined) {
      expect(row?.split('|')[2]).toContain(`\`${variable.default}\``);
    }
  });

  test('shows a file that is good', () => {
    const text = /```yaml\n(version[\s\S]*?)```/.exec(page)?.[1] ?? '';
    const content = (path: string) => (path === '/example.yaml' ? text : 'content of a file of thirty-two bytes');
    const configuration = readConfigurationFile('/example.yaml', {}, (path) => Buffer.from(content(path)));
    const { entries } = configuration.policy;
    expect(compileEntries(entries, { change: () => configuration }).routes).toHaveLength(3);
  });
});

describe('the example of a token exchange', () => {
  test('is good', () => {
    const [, text = ''] = /### Token exchange[\s\S]*?```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const issuers = 'version: v1\nissuers: { dex: { tokenEndpoint: https://dex.example/token } }';
    const file = `${issuers}\npolicy:\n  entries:\n${text.replaceAll(/^/gm, '    ')}`;
    const configuration = readConfigurationFile('/example.yaml', {}, (path) =>
      Buffer.from(path === '/example.yaml' ? file : 'secret'),
    );
    const { entries } = configuration.policy;
    expect(compileEntries(entries, { change: () => configuration }).routes).toHaveLength(1);
  });
});

describe.each(SCHEMAS)('%s', (name) => {
  const schema = JSON.parse(read(`control/config/${name}`));

  test('is a JSON Schema of draft 2020-12', () => {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(new Ajv2020({ strict: false }).validateSchema(schema)).toBe(true);
  });

  test('refers to nothing but what stands beside it, so that editors can read it from wherever it is', () => {
    expect(schema.$id).toMatch(new RegExp(`^https://.*/control/config/${name}$`));
    const references: string[] = [];
    JSON.stringify(schema, (key, value) => {
      if (key === '$ref') references.push(value);
      return value;
    });
    for (const reference of references) {
      const [file, pointer = ''] = reference.split('#');
      const document = file === '' ? schema : JSON.parse(read(`control/config/${file}`));
      const names = pointer.split('/').slice(1);
      expect(
        names.reduce((inside, each) => inside?.[each], document),
        reference,
      ).toBeDefined();
    }
  });

  test('describes every field that has a meaning of its own, and allows no other', () => {
    const objects: Record<string, unknown>[] = [];
    JSON.stringify(schema, (_key, value) => {
      // What only adds a condition to an object that is described elsewhere has no type.
      if (value?.properties !== undefined && value.type === 'object') objects.push(value);
      return value;
    });
    expect(objects.length).toBeGreaterThan(2);
    expect(objects.filter((each) => each.additionalProperties !== false)).toEqual([]);
  });
});
