import { describe, expect, test } from 'vitest';
import { isLocal, parseListenAddress } from '../../../control/config/listen-address.ts';
import { parseBoolean, parseInteger, parseLogLevel, parseSocketMode } from '../../../control/config/parse-values.ts';

describe('parseListenAddress', () => {
  test.each([
    [':8080', { host: '', port: 8080 }, false],
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }, false],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }, true],
    ['127.1.2.3:1', { host: '127.1.2.3', port: 1 }, true],
    ['localhost:65535', { host: 'localhost', port: 65_535 }, true],
    ['broker.local:8081', { host: 'broker.local', port: 8081 }, false],
    ['[::1]:8080', { host: '::1', port: 8080 }, true],
    ['[::]:8080', { host: '::', port: 8080 }, false],
    ['unix:/run/broker.sock', { path: '/run/broker.sock', mode: 0o660 }, true],
  ])('reads %s', (text, address, local) => {
    expect(parseListenAddress(text, 0o660)).toEqual(address);
    expect(isLocal(address)).toBe(local);
  });

  test.each([
    '',
    '8080',
    'host',
    'host:',
    ':http',
    ':65536',
    ':-1',
    '::1:8080',
    '[::1]',
    '[1.2.3.4]:80',
    '[x]:80',
    'unix:relative',
    'unix:',
    'http://host:80',
    `unix:/${'a'.repeat(103)}`,
    '127.0.0.1:80:80',
    'a b:80',
  ])('refuses %j', (text) => {
    expect(parseListenAddress(text, 0o660)).toBeUndefined();
  });

  test('does not take a name that begins like a loopback address for one', () => {
    expect(isLocal({ host: '127.evil.example', port: 1 })).toBe(false);
  });
});

test('booleans are those of Go', () => {
  expect(['1', 't', 'T', 'TRUE', 'true', 'True'].map(parseBoolean)).toEqual(Array(6).fill(true));
  expect(['0', 'f', 'F', 'FALSE', 'false', 'False'].map(parseBoolean)).toEqual(Array(6).fill(false));
  expect(['yes', 'on', 'tRUE', '2', ' true'].map(parseBoolean)).toEqual(Array(5).fill(undefined));
});

test('whole numbers are those of Go', () => {
  expect(['0', '+5', '-1', '1024', '007'].map(parseInteger)).toEqual([0, 5, -1, 1024, 7]);
  expect(['1.5', '1e3', '0x10', '1_000', ' 1', '', '9'.repeat(20)].map(parseInteger)).toEqual(Array(7).fill(undefined));
});

test("log levels are those of Go's slog, in any case and with offsets", () => {
  expect(['DEBUG', 'info', 'Warn', 'ERROR'].map(parseLogLevel)).toEqual(['debug', 'info', 'warn', 'error']);
  expect(['INFO-4', 'INFO+1', 'DEBUG+4', 'WARN+1', 'ERROR+4', 'DEBUG-8'].map(parseLogLevel)).toEqual([
    'debug',
    'warn',
    'info',
    'error',
    'error',
    'debug',
  ]);
  expect(['warning', 'trace', '', 'INFO+', '4'].map(parseLogLevel)).toEqual(Array(5).fill(undefined));
});

test('socket modes are octal', () => {
  expect(['0660', '600', '0777'].map(parseSocketMode)).toEqual([0o660, 0o600, 0o777]);
  expect(['0o660', '888', '66', '01660', 'rw'].map(parseSocketMode)).toEqual(Array(5).fill(undefined));
});
