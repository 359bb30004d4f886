import { describe, expect, test } from 'vitest';
import { readConfigurationFile } from '../../../control/config/file.ts';
import { ConfigurationError } from '../../../control/config/problems.ts';
import type { SharedCacheConfiguration } from '../../../control/config/shared-cache.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';

const authority = createCertificateAuthority();
const FILES: Record<string, string> = {
  '/cache-key': 'k'.repeat(32),
  '/password': 'planted-password\n',
  '/new': `${'n'.repeat(44)}\n`,
  '/old': `${'o'.repeat(44)}\n`,
  '/short': 'planted-short',
  '/ca.pem': authority.certificate,
  '/key.pem': authority.key,
};

const GOOD = { url: 'rediss://valkey.example', keys: [{ file: '/new' }] };

function read(shared: object, cache: object = { keyFile: '/cache-key' }, environment: Record<string, string> = {}) {
  const issuers = { dex: { tokenEndpoint: 'https://dex.example/token' } };
  const document = { version: 'v1', issuers, policy: {}, cache: { ...cache, shared } };
  return readConfigurationFile('/broker.yaml', environment, (path) => {
    const content = path === '/broker.yaml' ? JSON.stringify(document) : FILES[path];
    if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return Buffer.from(content);
  });
}

function shared(changes: object = {}): SharedCacheConfiguration {
  const { cache } = read({ ...GOOD, ...changes });
  if (cache.shared === undefined) throw new Error('nothing is shared');
  return cache.shared;
}

function problemsOf(changes: object, cache?: object): string {
  try {
    read({ ...GOOD, ...changes }, cache);
    return 'none';
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    expect(error.message).not.toContain('planted');
    return error.message;
  }
}

describe('cache.shared', () => {
  test('has sane times, a prefix, TLS by the scheme and the usual port', () => {
    expect(shared()).toMatchObject({
      at: { host: 'valkey.example', port: 6379 },
      database: 0,
      tls: { caFile: undefined, certificateFile: undefined, keyFile: undefined },
      ...{ timeout: 100, bypass: 5000, lockExpiry: 1000, keyPrefix: 'token-broker:' },
      password: undefined,
    });
  });

  test.each([
    ['redis://127.0.0.1:7000/3', { host: '127.0.0.1', port: 7000 }, 3],
    ['redis://[::1]:7000', { host: '::1', port: 7000 }, 0],
    ['unix:/run/valkey.sock', { path: '/run/valkey.sock' }, 0],
    ['unix:///run/valkey.sock', { path: '/run/valkey.sock' }, 0],
  ])('takes %s', (url, at, database) => {
    expect(shared({ url })).toMatchObject({ at, database, tls: undefined });
  });

  test('reads passwords and keys from files and variables, without the line feed at the end', () => {
    const keys = [{ file: '/new' }, { environment: 'OLD' }];
    const { cache } = read(
      { ...GOOD, username: 'broker', password: { file: '/password' }, keys },
      { keyFile: '/cache-key' },
      { OLD: 'o'.repeat(32) },
    );
    expect(cache.shared?.password?.reveal()).toBe('planted-password');
    expect(cache.shared?.keys.map((key) => key.reveal())).toEqual(['n'.repeat(44), 'o'.repeat(32)]);
    expect(JSON.stringify(cache.shared)).not.toContain('planted');
  });

  test('warns of a password without TLS on a network, and only then', () => {
    const warnings = (changes: object) => read({ ...GOOD, password: { file: '/password' }, ...changes }).warnings;
    expect(warnings({ url: 'redis://valkey.example' }).join()).toContain('use rediss://');
    expect(warnings({ url: 'redis://127.0.0.1' })).toEqual([]);
    expect(warnings({})).toEqual([]);
  });
});

describe('is refused, with the setting and what to do:', () => {
  test.each([
    ['a password in the URL', { url: 'rediss://a:planted@valkey.example' }, 'cache.shared.url: holds credentials'],
    ['no URL', { url: 'planted@' }, 'cache.shared.url: '],
    ['another scheme', { url: 'https://valkey.example' }, 'use rediss://, redis:// or unix:/path'],
    ['a name for a database', { url: 'redis://valkey.example/x' }, 'number of a database'],
    ['no host', { url: 'redis:///0' }, 'names no host'],
    ['a query', { url: 'redis://valkey.example?x=1' }, 'has a query'],
    ['tls without rediss', { url: 'redis://valkey.example', tls: { caFile: '/ca.pem' } }, 'is for rediss:// alone'],
    ['a CA that is none', { tls: { caFile: '/password' } }, 'cache.shared.tls.caFile: /password holds no PEM'],
    ['a certificate without its key', { tls: { certificateFile: '/ca.pem' } }, 'cache.shared.tls'],
    ['no key', { keys: [] }, 'cache.shared.keys'],
    ['a short key', { keys: [{ file: '/new' }, { file: '/short' }] }, 'cache.shared.keys[1]: is shorter than 32 bytes'],
    ['an inline key', { keys: [{ value: 'planted'.repeat(10) }] }, 'cache.shared.keys.0.value: is not a field'],
    ['an empty password', { password: { environment: 'UNSET' } }, 'cache.shared.password: is empty'],
    ['a file that is not there', { password: { file: '/nowhere' } }, 'cache.shared.password: /nowhere cannot be read'],
    ['a timeout of nothing', { timeout: '0' }, 'cache.shared.timeout'],
    ['braces in the prefix', { keyPrefix: '{a}' }, 'cache.shared.keyPrefix'],
  ])('%s', (_what, changes, message) => {
    expect(problemsOf(changes)).toContain(message);
  });

  test('names that no other replica would have', () => {
    expect(problemsOf({}, {})).toContain('cache.shared: needs cache.keyFile');
  });

  test('a cache that is off', () => {
    expect(problemsOf({}, { keyFile: '/cache-key', maximumEntries: 0 })).toContain('remove one of the two');
  });
});
