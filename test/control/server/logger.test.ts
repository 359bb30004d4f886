import { describe, expect, test } from 'vitest';
import { BrokerError } from '../../../control/errors.ts';
import { Secret } from '../../../control/secret.ts';
import { createLogger, describeError } from '../../../control/server/logger.ts';
import { boot, CREDENTIALS } from '../boot.ts';

/** What a logger writes, one value for each line. */
function written(log: (logger: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  log(createLogger('debug', { write: (line) => lines.push(line) }));
  return lines.map((line) => JSON.parse(line));
}

describe('the log', () => {
  test('redacts a Secret wherever it stands', () => {
    const secret = new Secret('planted');
    const [line] = written((logger) => logger.info({ secret, nested: { list: [secret] } }, `${secret}`));
    expect(JSON.stringify(line)).not.toContain('planted');
    expect(line).toMatchObject({ level: 'info', secret: '[redacted]', msg: '[redacted]' });
  });

  test('bounds what an error says, and gives a stack only to bugs', () => {
    const long = describeError(new Error('x'.repeat(10_000))) as { message: string; stack: string };
    expect(long.message.length).toBeLessThan(310);
    expect(long.stack).toContain('logger.test.ts');
    const expected = new BrokerError('issuer_unavailable', { cause: new Error('ECONNREFUSED') });
    expect(describeError(expected)).toEqual({
      type: 'BrokerError',
      code: 'issuer_unavailable',
      message: 'oauth provider unavailable',
      cause: { type: 'Error', message: 'ECONNREFUSED' },
    });
    expect(describeError('planted')).toEqual({ message: 'not an error' });
  });

  test('keeps a sane request id, and makes one of its own otherwise', async () => {
    const booted = boot();
    const given = ['0af7651916cd43dd8448eb211c80319c', 'a b', 'a"b', 'x'.repeat(129), ''];
    for (const id of given) {
      await booted.check?.inject({ url: '/check', headers: { ...CREDENTIALS, 'x-request-id': id } });
    }
    await booted.close();
    const ids = booted
      .log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).requestId);
    expect(ids[0]).toBe(given[0]);
    for (const id of ids.slice(1)) {
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test('says of a refusal by the issuer whose it was and why', async () => {
    const cause = new Error('the issuer answered 401 invalid_client');
    const booted = boot({ issuer: () => new BrokerError('credentials_rejected', { cause }) });
    await booted.check?.inject({ url: '/check', headers: CREDENTIALS });
    await booted.close();
    expect(JSON.parse(booted.log())).toMatchObject({
      level: 'warn',
      way: 'check',
      route: 'default',
      code: 'credentials_rejected',
      clientId: 'app',
      cause: { message: 'the issuer answered 401 invalid_client' },
    });
  });
});
