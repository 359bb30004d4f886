import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BrokerError } from '../../../control/errors.ts';
import { boot } from '../boot.ts';

const REGISTERED = new Map([
  ['a', 's'],
  ['b', 's'],
  ['as', 't'],
]);

interface Step {
  readonly id: string;
  readonly secret: string;
  readonly scope: string;
  /** ms that pass before it. */
  readonly wait: number;
  readonly issuerUp: boolean;
}

// Few values that run into each other, so that the same credentials often come again, right and wrong.
const step: fc.Arbitrary<Step> = fc.record({
  id: fc.constantFrom('a', 'b', 'as', 'ab'),
  secret: fc.constantFrom('s', 't', 'ss'),
  scope: fc.constantFrom('', 's', 'a'),
  wait: fc.constantFrom(0, 100, 5000, 20_000, 60_000),
  issuerUp: fc.boolean(),
});

test('whatever comes in whatever order, nobody gets a token but for the own credentials, nor an expired one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      let up = true;
      const booted = boot({
        environment: { CACHE_MAX_ENTRIES: '4', UPSTREAM_TOKEN_HEADERS: 'of:x-of,expires_at:x-expires-at' },
        issuer: ({ clientId, clientSecret, scope = '' }) => {
          const secret = clientSecret?.reveal() ?? '';
          if (!up) {
            return new BrokerError('issuer_unavailable');
          }
          if (REGISTERED.get(clientId) !== secret) {
            return new BrokerError('credentials_rejected');
          }
          const of = `${clientId}|${secret}|${scope}`;
          return { access_token: of, expires_in: 60, of, expires_at: booted.clock.now() + 60_000 };
        },
      });
      for (const { id, secret, scope, wait, issuerUp } of steps) {
        booted.clock.advance(wait);
        up = issuerUp;
        const headers = { 'x-client-id': id, 'x-client-secret': secret, 'x-scope': scope };
        const answer = await booted.check?.inject({ url: '/check', headers });
        const right = REGISTERED.get(id) === secret;
        expect(right ? [200, 503] : [401, 503]).toContain(answer?.statusCode);
        if (answer?.statusCode === 200) {
          expect(answer.headers['x-of']).toBe(`${id}|${secret}|${scope}`);
          expect(Number(answer.headers['x-expires-at'])).toBeGreaterThan(booted.clock.now());
        } else {
          expect(answer?.headers).not.toHaveProperty('authorization');
        }
      }
      await booted.close();
    }),
    { numRuns: 60 },
  );
}, 30_000);
