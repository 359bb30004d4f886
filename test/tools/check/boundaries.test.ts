import { expect, test } from 'vitest';
import { findBoundaryViolations } from '../../../tools/check/boundaries.ts';

const check = (path: string, text: string): string[] => findBoundaryViolations([{ path, text }]);

test.each([
  ['filter/core/a.ts', '../../control/errors'],
  ['filter/core/a.ts', '../host/envoy'],
  ['filter/host/a.ts', '../../control/errors'],
  ['control/server/a.ts', '../../filter/core/match'],
  ['control/server/a.ts', '../mint/minter.ts'],
  ['control/server/a.ts', '../app.ts'],
  ['control/decide/a.ts', '../server/check.ts'],
  ['control/decide/a.ts', 'fastify'],
  ['control/mint/a.ts', '../cache/memory-store.ts'],
  ['control/cache/a.ts', 'fastify'],
  ['control/policy/a.ts', '../trust/jwt.ts'],
  ['tools/demo/a.ts', '../../test/support/request.ts'],
])('%s may not import %s', (path, target) => {
  expect(check(path, `import { x } from '${target}';`)).toHaveLength(1);
  expect(check(path, `import type {\n  X,\n  Y,\n} from '${target}';`)).toHaveLength(1);
  expect(check(path, `const x = await import('${target}');`)).toHaveLength(1);
});

test.each([
  ['filter/core/a.ts', './match'],
  ['filter/plugin.ts', './host/envoy'],
  ['control/server/a.ts', '../decide/ports.ts'],
  ['control/mint/a.ts', '../decide/ports.ts'],
  ['control/mint/a.ts', 'undici'],
  ['control/app.ts', './mint/minter.ts'],
])('%s may import %s', (path, target) => {
  expect(check(path, `import { x } from '${target}';`)).toEqual([]);
});

test('only the wiring of control reads the environment', () => {
  expect(check('control/mint/a.ts', 'const url = process.env.URL;')).toHaveLength(1);
  expect(check('control/main.ts', 'const url = process.env.URL;')).toEqual([]);
});

test('text that merely holds the words is no import', () => {
  expect(check('filter/core/a.ts', "export const from = 'x';\nexport type Kind = 'control';")).toEqual([]);
});
