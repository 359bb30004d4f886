import { describe, expect, test } from 'vitest';
import type { Configuration, IssuerConfiguration } from '../../../control/config/configuration.ts';
import { deriveKeys, randomRoot } from '../../../control/policy/keys.ts';
import { Secret } from '../../../control/secret.ts';
import { type CompileOptions, compileEntries, entry } from './policy-of.ts';

const fixed = (value: string) => ({ from: 'static', value: new Secret(value) }) as const;
const digestOf = (action: Parameters<typeof entry>[2] = {}, options?: CompileOptions, match = {}) =>
  compileEntries([entry('one', match, action)], options).routes[0]?.digest;

/** Changes the one issuer. */
const issuer = (part: Partial<IssuerConfiguration>): CompileOptions => ({
  readFile: (path) => Buffer.from(`content of ${path}`),
  change: (configuration: Configuration) => ({
    ...configuration,
    issuers: new Map([...configuration.issuers].map(([name, whole]) => [name, { ...whole, ...part }])),
  }),
});
const privateKeyJwt = (privateKeyFile: string) =>
  issuer({
    clientAuthentication: {
      method: 'private_key_jwt',
      privateKeyFile,
      keyId: undefined,
      algorithm: 'ES256',
      audience: undefined,
    },
  });

describe("a route's digest", () => {
  test('changes with everything that an answer depends on', () => {
    const digests = [
      digestOf(),
      digestOf({}, {}, { pathPrefix: '/a' }),
      digestOf({}, {}, { host: 'a.example' }),
      digestOf({}, {}, { methods: ['GET'] }),
      digestOf({ kind: 'pass' }),
      digestOf({ kind: 'pass', strip: ['x-a'] }),
      digestOf({ kind: 'deny' }),
      digestOf({ clientId: { from: 'header', header: 'x-app' } }),
      digestOf({ clientId: fixed('app') }),
      digestOf({ clientId: fixed('other') }),
      digestOf({ clientSecret: fixed('secret') }),
      digestOf({ clientSecret: fixed('rotated') }),
      digestOf({ clientSecret: undefined }),
      digestOf({ scope: fixed('openid') }),
      digestOf({ scope: { from: 'header', header: 'x-scope' } }),
      digestOf({ authorizationHeader: 'x-token' }),
      digestOf({ tokenHeaders: [{ field: 'id_token', header: 'x-id' }] }),
      digestOf({ tokenHeaders: [{ field: 'access_token', header: 'x-id' }] }),
      digestOf({ strip: ['x-debug'] }),
      digestOf({}, issuer({ tokenEndpoint: new URL('https://other.example/token') })),
      digestOf({}, issuer({ clientAuthentication: { method: 'client_secret_post' } })),
      digestOf({}, issuer({ caFile: '/ca' })),
      digestOf({}, { ...issuer({ caFile: '/ca' }), readFile: () => Buffer.from('renewed') }),
      digestOf({}, privateKeyJwt('/key')),
      digestOf({}, { ...privateKeyJwt('/key'), readFile: () => Buffer.from('rotated') }),
      digestOf(
        {},
        issuer({ clientAuthentication: { method: 'tls_client_auth', certificateFile: '/c', keyFile: '/k' } }),
      ),
      digestOf({}, issuer({ extraParameters: new Map([['audience', 'a']]) })),
      digestOf({}, issuer({ extraParameters: new Map([['audience', 'b']]) })),
      digestOf({}, { environment: { CACHE_MAX_ENTRIES: '0' } }),
      digestOf({}, { environment: { EXPIRY_SAFETY_MARGIN: '5s' } }),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  test('does not change with how hard an issuer may be asked, or how the process runs', () => {
    const environment = { ISSUER_RATE: '1', HTTP_TIMEOUT: '1s', LOG_LEVEL: 'DEBUG', LISTEN_ADDR: ':1' };
    expect(digestOf({}, { environment })).toBe(digestOf());
  });

  test('is the same on every replica with one key, and without any where nothing in it is secret', () => {
    const withKey = (key: string) => ({ keys: deriveKeys(new Secret(key.repeat(32)), randomRoot()) });
    const secret = { clientSecret: fixed('secret') };
    expect(digestOf(secret, withKey('a'))).toBe(digestOf(secret, withKey('a')));
    expect(digestOf(secret, withKey('a'))).not.toBe(digestOf(secret, withKey('b')));
    expect(digestOf({}, { keys: deriveKeys(undefined, randomRoot()) })).toBe(
      digestOf({}, { keys: deriveKeys(undefined, randomRoot()) }),
    );
  });
});

describe('the revision', () => {
  const [a, b] = [entry('a', { pathPrefix: '/a' }), entry('b', { pathPrefix: '/b' })];
  const revisionOf = (...arguments_: Parameters<typeof compileEntries>) => compileEntries(...arguments_).revision;

  test('changes with every route, and with what happens to all other requests', () => {
    const revisions = [
      revisionOf([]),
      revisionOf([], { unmatched: 'pass' }),
      revisionOf([a]),
      revisionOf([b]),
      revisionOf([a, b]),
    ];
    expect(new Set(revisions).size).toBe(revisions.length);
    expect(revisionOf([b, a])).toBe(revisionOf([a, b]));
  });
});
