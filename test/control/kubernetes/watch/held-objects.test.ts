import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Allowance } from '../../../../control/kubernetes/watch/allowance.ts';
import { HeldObjects, type Sized } from '../../../../control/kubernetes/watch/held-objects.ts';
import { readObject } from '../../../../control/kubernetes/watch/kubernetes-object.ts';
import { object } from '../scripted-api.ts';

function sized(name: string, version: number, bytes = 10): Sized {
  const read = readObject(object(name, version));
  if (read === undefined) throw new Error('the object is malformed');
  return { object: read, bytes };
}

function hold(objects = 3, bytes = 100, whole?: Allowance) {
  const allowance = new Allowance({ objects, bytes }, whole);
  return { allowance, held: new HeldObjects(({ version }) => version, allowance) };
}

test('whether anything is different is told by versions', () => {
  const { held } = hold();
  expect(held.replaceAll([])).toBe(false);
  expect(held.replaceAll([sized('a', 1), sized('b', 1)])).toBe(true);
  expect(held.replaceAll([sized('b', 1), sized('a', 1)])).toBe(false);
  expect(held.put(sized('a', 1))).toBe(false);
  expect(held.put(sized('a', 2))).toBe(true);
  expect(held.replaceAll([sized('a', 3), sized('b', 1)])).toBe(true);
  expect(held.remove(sized('c', 1).object)).toBe(false);
  expect(held.remove(sized('b', 9).object)).toBe(true);
  expect([...held.items()]).toEqual([['team/a', '3']]);
});

test('what is handed out does not change afterwards', () => {
  const { held } = hold();
  held.put(sized('a', 1));
  const before = held.items();
  held.put(sized('b', 1));
  expect([...before.keys()]).toEqual(['team/a']);
});

test('what is too much is not taken, and nothing else changes', () => {
  const { held } = hold();
  held.replaceAll([sized('a', 1), sized('b', 1), sized('c', 1)]);
  expect(held.put(sized('d', 1))).toBeUndefined();
  expect(held.put(sized('a', 2, 81))).toBeUndefined();
  expect(held.replaceAll([sized('x', 1, 101)])).toBeUndefined();
  expect([...held.items().keys()]).toEqual(['team/a', 'team/b', 'team/c']);
  expect(held.put(sized('a', 2, 80))).toBe(true);
});

/** What two watches that share an allowance may do. */
interface Step {
  readonly watch: 0 | 1;
  readonly kind: 'put' | 'remove' | 'replaceAll';
  readonly names: readonly string[];
  readonly bytes: number;
}

const steps = fc.array(
  fc.record<Step>({
    watch: fc.constantFrom(0, 1),
    kind: fc.constantFrom('put', 'remove', 'replaceAll'),
    names: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }),
    bytes: fc.nat(60),
  }),
  { maxLength: 50 },
);

/** Takes a step, and keeps the sizes of what is held then. */
function take({ kind, names, bytes }: Step, held: HeldObjects<string>, sizes: Map<string, number>): void {
  const [name = ''] = names;
  if (kind === 'remove') {
    held.remove(sized(name, 1).object);
    sizes.delete(name);
  } else if (kind === 'put') {
    if (held.put(sized(name, 1, bytes)) !== undefined) sizes.set(name, bytes);
  } else if (held.replaceAll(names.map((name) => sized(name, 1, bytes))) !== undefined) {
    sizes.clear();
    for (const name of names) sizes.set(name, bytes);
  }
}

test('whatever watches do, together they hold no more than they may, and give all of it back', () => {
  fc.assert(
    fc.property(steps, (steps) => {
      const whole = new Allowance({ objects: 4, bytes: 150 });
      const watches = [0, 1].map(() => ({ ...hold(3, 100, whole), sizes: new Map<string, number>() }));
      for (const step of steps) {
        const watch = watches[step.watch];
        if (watch === undefined) continue;
        take(step, watch.held, watch.sizes);
        expect(watch.held.items().size).toBe(watch.sizes.size);
        const all = watches.flatMap(({ sizes }) => [...sizes.values()]);
        expect(all.length).toBeLessThanOrEqual(4);
        expect(all.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(150);
      }
      for (const { allowance } of watches) allowance.release();
      expect(whole.take(4, 150)).toBe(true);
    }),
  );
});
