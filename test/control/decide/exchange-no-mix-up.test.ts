import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TokenExchangeRequest } from '../../../control/decide/ports.ts';
import { BrokerError } from '../../../control/errors.ts';
import { createSigningKey, signToken } from '../../../tools/tokens/signing-key.ts';
import { boot } from '../boot.ts';
import { exchangeConfiguration, exchangeFile } from '../exchange-mode.ts';

const key = createSigningKey();

interface Step {
  readonly subject: string;
  readonly actor: string;
  /** ms that pass before it. */
  readonly wait: number;
  readonly issuerUp: boolean;
}

// Few values that run into each other, so that the same subjects often come again, welcome and not.
const step: fc.Arbitrary<Step> = fc.record({
  subject: fc.constantFrom('a', 'ab', 'b', 'short', 'long', 'stranger'),
  actor: fc.constantFrom('a', 'b', 'bb'),
  wait: fc.constantFrom(0, 100, 5000, 20_000, 60_000),
  issuerUp: fc.boolean(),
});

test('whatever comes in whatever order, a token is of that subject and actor, and of no expired one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      let up = true;
      const booted = boot({
        configuration: exchangeConfiguration(
          exchangeFile(
            {
              actorToken: { header: 'x-actor' },
              maximumDecisionAge: '30s',
              tokenHeaders: [
                { field: 'of', header: 'x-of' },
                { field: 'obtained', header: 'x-obtained' },
              ],
            },
            { cache: { maximumEntries: 4 } },
          ),
        ),
        issuer: (request) => {
          const { subjectToken, actorToken } = request as TokenExchangeRequest;
          if (!up) return new BrokerError('issuer_unavailable');
          if (subjectToken.reveal() === 'stranger') return new BrokerError('subject_token_rejected');
          const of = `${subjectToken.digest()}|${actorToken?.reveal()}`;
          return { access_token: `token-${of}`, expires_in: 60, of, obtained: booted.clock.now() };
        },
      });
      const start = Math.floor(booted.clock.now() / 1000);
      const expiries = new Map([
        ['short', start + 20],
        ['long', start + 1000],
      ]);
      // Signed once: another signature would make another subject.
      const signed = new Map([...expiries].map(([sub, exp]) => [sub, signToken(key, { sub, exp })]));
      for (const { subject, actor, wait, issuerUp } of steps) {
        booted.clock.advance(wait);
        up = issuerUp;
        const exp = expiries.get(subject);
        const token = signed.get(subject) ?? subject;
        const headers = { authorization: `Bearer ${token}`, 'x-actor': actor };
        const answer = await booted.check?.inject({ url: '/check', headers });
        const isExpired = exp !== undefined && booted.clock.now() >= exp * 1000;
        expect(isExpired ? [401] : subject === 'stranger' ? [401, 503] : [200, 503]).toContain(answer?.statusCode);
        if (answer?.statusCode !== 200) {
          expect(answer?.headers).not.toHaveProperty('authorization');
          continue;
        }
        const asked = booted.tokenRequests as readonly TokenExchangeRequest[];
        const own = asked.find(({ subjectToken }) => subjectToken.reveal() === token)?.subjectToken.digest();
        expect(answer.headers['x-of']).toBe(`${own}|${actor}`);
        expect(booted.clock.now() - Number(answer.headers['x-obtained'])).toBeLessThan(30_000);
      }
      await booted.close();
    }),
    { numRuns: 60 },
  );
}, 30_000);
