import type { Measured } from '../compare-variants.ts';
import type { VariantName } from '../variants.ts';
import { atMost, type Finding, show } from './finding.ts';

const MARK = 1;

/** What a hit costs, beside no filter at all and beside DexTokenBroker. */
export function judgeHit(measured: readonly Measured[]): Finding[] {
  const total = (name: VariantName) => measured.find(({ variant }) => variant.name === name)?.cost?.total ?? Number.NaN;
  const added = (name: VariantName, base: VariantName = 'none') => total(name) - total(base);
  const peer = added('http-peer');
  const compared = Number.isNaN(peer)
    ? { mark: MARK, what: ADDED, limit: 'at most 1/12', outcome: 'not run' as const, note: 'DexTokenBroker is absent' }
    : atMost(MARK, ADDED, added('worker') / peer, 1 / 12, { limit: 'at most 0.083 (1/12)' });
  const beyondEmpty = added('worker', 'empty');
  return [
    atMost(MARK, 'hit, everything on: CPU of no filter', total('worker') / total('none'), 1.1),
    atMost(MARK, 'the same without the response callback', total('request-only') / total('none'), 1.1),
    atMost(MARK, 'hit from shared data', total('shared') / total('none'), 1.1),
    compared,
    atMost(MARK, 'hit with a JWT of 1.5 KiB: CPU of no filter', total('jwt') / total('none-jwt'), 1.15),
    {
      ...{ mark: MARK, what: 'moonshot: hit beyond an empty module', measured: `${show(beyondEmpty)} µs` },
      ...{ limit: 'at most 10 µs', outcome: beyondEmpty <= 10 ? 'PASS' : 'FAIL' },
    },
  ];
}

const ADDED = 'hit: added CPU of what DexTokenBroker adds';
