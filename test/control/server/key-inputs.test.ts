import { expect, test } from 'vitest';
import type { DecideRoute, KeyInput } from '../../../control/decide/route.ts';
import { keepCookies, readRequestInputs } from '../../../control/server/key-inputs.ts';

const input: KeyInput = {
  source: 'cookie',
  name: 'session',
  maximumBytes: 1_000_000,
  refusal: { status: 401, body: 'unauthorized\n' },
};
const route: DecideRoute = {
  kind: 'decide',
  id: 'api',
  digest: '0'.repeat(64),
  match: { host: '*', pathPrefix: '/', methods: [] },
  inputs: [input],
  options: 'decide',
  realm: 'token-broker',
  strip: [],
  stripCookies: ['session'],
  authentication: undefined,
  action: undefined,
};
const sessionsIn = (...fields: string[]) => {
  const places = { header: () => fields.map((field) => Buffer.from(field)), claim: () => [], peer: () => [] };
  return readRequestInputs(route, places).get('cookie session')?.map(String);
};

test.each([
  [['theme=dark; session=token'], ['token']],
  [['theme=dark;session=token ;'], ['token']],
  [['theme=dark', '\tsession=token'], ['token']],
  [['session=one; session=two'], ['one', 'two']],
  [['session'], ['']],
  [['my-session=token; session-2=token'], []],
])('the cookies %j hold the sessions %j', (fields, sessions) => {
  expect(sessionsIn(...fields)).toEqual(sessions);
});

test('blanks inside a cookie cost no more than other characters', () => {
  // A search that begins anew at each of them takes minutes.
  const theme = `theme=a${' \t'.repeat(200_000)}b`;
  expect(sessionsIn(`${theme}; session=token`)).toEqual(['token']);
  expect(keepCookies([Buffer.from(`${theme}; session=token`)], ['session'])).toBe(theme);
});
