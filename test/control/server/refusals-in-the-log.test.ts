import { expect, test } from 'vitest';
import { BrokerError } from '../../../control/errors.ts';
import { boot } from '../boot.ts';

test.each([
  ['warn', () => new BrokerError('credentials_rejected')],
  ['warn', () => new BrokerError('issuer_unavailable')],
  [
    'error',
    () => {
      throw new TypeError('a bug');
    },
  ],
])('however often a client has itself refused, the log has fifty lines of it at %s', async (level, issuer) => {
  const { check, log, clock } = boot({ issuer });
  const refused = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      await check?.inject({ url: '/check', headers: { 'x-client-id': 'app', 'x-client-secret': 'wrong' } });
    }
    const lines = log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return lines.filter((line) => line.msg === 'refused' && line.level === level);
  };
  expect(await refused(60)).toHaveLength(50);
  clock.advance(1000);
  const lines = await refused(1);
  expect(lines).toHaveLength(51);
  expect(lines.at(-1)).toMatchObject({ leftOut: 10 });
});
