import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLOCK_GRAIN } from '../../../control/decide/freshness.ts';
import type { TokenRequest } from '../../../control/decide/ports.ts';
import { clampToSubject, readExpiry } from '../../../control/decide/subject-lifetime.ts';
import { Secret } from '../../../control/secret.ts';
import { tokenOf } from '../boot.ts';
import { exchangeRequest } from './exchange-request.ts';

const encode = (payload: string) => new Secret(`header.${Buffer.from(payload).toString('base64url')}.signature`);

describe('the expiry that a token tells', () => {
  test.each<[string, Secret, number | undefined]>([
    ['a JWT', encode('{"exp":1700000000}'), 1_700_000_000_000],
    ['a fraction', encode('{"exp":1700000000.5}'), 1_700_000_000_500],
    ['a time long past', encode('{"exp":-1}'), -1000],
    ['a JWT without exp', encode('{"sub":"alice"}'), undefined],
    ['exp that is no number', encode('{"exp":"1700000000"}'), undefined],
    ['exp beyond all numbers', encode('{"exp":1e999}'), undefined],
    ['a payload that is no object', encode('7'), undefined],
    ['a payload that is null', encode('null'), undefined],
    ['a payload that is no JSON', encode('{'), undefined],
    ['an opaque token', new Secret('opaque'), undefined],
    ['an encrypted token (RFC 7516)', new Secret('a.eyJleHAiOjF9.c.d.e'), undefined],
  ])('is read from %s', (_name, token, expected) => {
    expect(readExpiry(token)).toBe(expected);
  });

  test('is looked for in anything without an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        readExpiry(new Secret(text));
        readExpiry(encode(text));
      }),
    );
  });
});

describe('a token that was exchanged', () => {
  const obtainedAt = 1_000_000;
  const token = tokenOf({ access_token: 'token', expires_in: 300 }, obtainedAt);

  test('never lives longer than its subject, the maximum age or its own life, whatever exp says', () => {
    fc.assert(
      fc.property(
        fc.option(fc.double({ noNaN: true }), { nil: undefined }),
        fc.integer({ min: 1000, max: 86_400_000 }),
        fc.integer({ min: 1, max: 86_400_000 }),
        (expiresAt, maximumAge, usable) => {
          const life = clampToSubject(exchangeRequest({ expiresAt, maximumAge }), token, usable);
          const bounds = [usable, maximumAge, (expiresAt ?? Number.POSITIVE_INFINITY) - CLOCK_GRAIN - obtainedAt];
          expect(life.usable).toBe(Math.min(...bounds));
        },
      ),
    );
  });

  test('is not refreshed where another would end at the same moment', () => {
    const lives = [{ expiresAt: obtainedAt + 60_000 }, { expiresAt: undefined }].map((parts) =>
      clampToSubject(exchangeRequest(parts), token, 240_000),
    );
    expect(lives.map(({ usable, dueAt }) => [usable, dueAt])).toEqual([
      [60_000 - CLOCK_GRAIN, Number.POSITIVE_INFINITY],
      [240_000, 180_000],
    ]);
  });

  test('that a client got for itself has nothing to be clamped to', () => {
    const request: TokenRequest = {
      issuer: 'dex',
      grant: 'client_credentials',
      clientId: 'app',
      clientSecret: undefined,
      scope: undefined,
    };
    expect(clampToSubject(request, token, 900_000).usable).toBe(900_000);
  });
});
