import { pino } from 'pino';
import { expect, test } from 'vitest';
import { BrokerError } from '../../../control/errors.ts';
import { createMetrics } from '../../../control/server/metrics/metrics.ts';
import { createTokenEvents } from '../../../control/server/observers.ts';
import { ManualClock } from '../../support/manual-clock.ts';
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

test('however many tokens cannot be refreshed, the log has fifty lines of it', () => {
  const lines: string[] = [];
  const clock = new ManualClock();
  const events = createTokenEvents(
    createMetrics('0'),
    pino({ base: null }, { write: (line) => lines.push(line) }),
    clock,
  );
  const fail = (times: number) => {
    for (let time = 0; time < times; time += 1) events.refreshed('dex', new BrokerError('issuer_unavailable'));
  };
  fail(60);
  expect(lines).toHaveLength(50);
  clock.advance(1000);
  fail(1);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ issuer: 'dex', leftOut: 10 });
});
