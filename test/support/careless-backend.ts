import { posix } from 'node:path';
import fc from 'fast-check';

const decode = (path: string) =>
  path.replace(/%([0-9a-f]{2})/gi, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Steps by which backends turn the path they receive into the one they act on. */
const STEPS: readonly ((path: string) => string)[] = [
  decode,
  decode,
  (path) => path.replaceAll('\\', '/'),
  (path) => path.replace(/\/+/g, '/'),
  (path) => path.replace(/;[^/\\]*/g, ''),
  (path) => new URL(`http://x${path.replaceAll('?', '%3f').replaceAll('#', '%23')}`).pathname,
  posix.normalize,
  (path) => path.replace(/\0.*/s, ''),
];

/** What a backend that takes some of the steps, in that order, acts on. */
export function readCarelessly(path: string, order: readonly number[]): string {
  return order.reduce((current, index) => STEPS[index]?.(current) ?? current, path).replace(/\/+$/, '');
}

/** Some of the steps, in any order. */
export const anyOrder: fc.Arbitrary<number[]> = fc.shuffledSubarray(STEPS.map((_, index) => index));

/** Paths of what readers disagree on, around the segments that policies of these tests name. */
export const anyPath: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      ...['/', '//', '\\', '%2f', '%5C', '.', '..', '%2e', ';', ';a=b', '%00', '%09', '%25', '2f', 'a', 'x'],
      ...['public', 'admin', 'secret', '%61dmin', '/secret', '/public', '/admin', '/public/admin'],
    ),
    { minLength: 1, maxLength: 7 },
  )
  .map((pieces) => `/${pieces.join('')}`);

/** What policies of these tests deny. */
export const DENIED = /^\/(secret|public\/admin)(\/|$)/;
