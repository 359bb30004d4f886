import { expect, test } from 'vitest';
import { ParsedDocuments } from '../../../control/policy/parsed-documents.ts';

function counted() {
  const asked: string[] = [];
  const parsed = new ParsedDocuments((text) => {
    asked.push(text);
    if (text === 'bad') throw new Error('it is bad');
    return { text };
  });
  return { asked, parsed };
}

test('a text that stays is parsed once, and one that is bad is bad once', () => {
  const { asked, parsed } = counted();
  for (let round = 0; round < 3; round += 1) {
    parsed.begin();
    expect(parsed.read('good')).toEqual({ text: 'good' });
    expect(() => parsed.read('bad')).toThrow('it is bad');
  }
  expect(asked).toEqual(['good', 'bad']);
});

test('what was not asked for is forgotten', () => {
  const { asked, parsed } = counted();
  for (const text of ['one', 'two', 'three', 'one']) {
    parsed.begin();
    parsed.read(text);
  }
  expect(asked).toEqual(['one', 'two', 'three', 'one']);
});

test('no more is remembered than there is room for', () => {
  const { asked, parsed } = counted();
  const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(4 * 1024 * 1024));
  for (let round = 0; round < 2; round += 1) {
    parsed.begin();
    for (const text of texts) parsed.read(text);
  }
  expect(asked.map((text) => text.charAt(0))).toEqual(['a', 'b', 'c', 'c']);
});
