import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Sealer } from '../../../../control/cache/shared/sealer.ts';
import { Secret } from '../../../../control/secret.ts';

const [OLD, NEW, OTHER] = ['old', 'new', 'other'].map(
  (name) => new Secret(`${name}-key-of-thirty-two-bytes-or-more`),
) as [Secret, Secret, Secret];
const CONTENT = Buffer.from('planted content');

describe('what was sealed', () => {
  test('opens under its name', () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array(), (name, content) => {
        const sealer = new Sealer([OLD]);
        expect(sealer.open(name, sealer.seal(name, Buffer.from(content)))).toEqual(Buffer.from(content));
      }),
    );
  });

  test('does not open under another name', () => {
    const sealer = new Sealer([OLD]);
    expect(sealer.open('b', sealer.seal('a', CONTENT))).toBeUndefined();
  });

  test('does not open once a single bit of it is another', () => {
    const sealer = new Sealer([OLD]);
    const sealed = sealer.seal('a', CONTENT);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(sealer.open('a', changed)).toBeUndefined();
    }
  });

  test('is nothing that somebody made up', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(new Sealer([OLD]).open('a', Buffer.from(bytes))).toBeUndefined();
      }),
    );
  });

  test('is never twice the same, and does not show what it holds', () => {
    const sealer = new Sealer([OLD]);
    const [once, twice] = [sealer.seal('a', CONTENT), sealer.seal('a', CONTENT)];
    expect(once.equals(twice)).toBe(false);
    expect(once.toString('latin1')).not.toContain('planted');
  });
});

describe('rotation', () => {
  test('the new key seals, and the old one still opens', () => {
    const [before, during, after] = [new Sealer([OLD]), new Sealer([NEW, OLD]), new Sealer([NEW])];
    expect(during.open('a', before.seal('a', CONTENT))).toEqual(CONTENT);
    expect(after.open('a', during.seal('a', CONTENT))).toEqual(CONTENT);
    expect(after.open('a', before.seal('a', CONTENT))).toBeUndefined();
  });

  test('a replica that has the new key only as its second reads what the others seal by it', () => {
    expect(new Sealer([OLD, NEW]).open('a', new Sealer([NEW, OLD]).seal('a', CONTENT))).toEqual(CONTENT);
  });

  test('another key opens nothing', () => {
    expect(new Sealer([OTHER]).open('a', new Sealer([OLD]).seal('a', CONTENT))).toBeUndefined();
  });
});
