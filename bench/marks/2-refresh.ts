import { runFixedRate, type Sample } from '../load/h2load.ts';
import { runClosedLoop } from '../load/wrk.ts';
import { quantile } from '../measure/statistics.ts';
import { withFilterStack } from './filter-stack.ts';
import { atMost, type Finding, type Mark } from './finding.ts';

const MARK = 2;
/** Requests a second. */
const RATE = 400;
/** ms that the issuer takes: who waited for it would show. */
const ISSUER_DELAY = 300;
/** Of a token; it is refreshed after six. */
const LIFETIME_SECONDS = 10;
/** ms before and after a refresh that belong to it. */
const AROUND = 500;

/** A token that lives for seconds, under steady load: nobody notices that it is refreshed. */
export const judgeRefresh: Mark = async ({ quick }) =>
  withFilterStack({}, async (stack) => {
    const seconds = quick ? 8 : 60;
    await stack.issuer.set({ lifetime: LIFETIME_SECONDS, delay: ISSUER_DELAY });
    const target = stack.targetFor('refreshed');
    await runClosedLoop({ ...target, seconds: 1 });
    const waited = async () => (await stack.metric('misses')) + (await stack.metric('coalesced'));
    const before = await waited();
    const samples = await runFixedRate({ ...target, rate: RATE, seconds });
    const { grantedAt } = await stack.issuer.counts();
    return findingsFrom(samples, grantedAt, (await waited()) - before);
  });

function findingsFrom(samples: readonly Sample[], grantedAt: readonly number[], waited: number): Finding[] {
  const first = samples[0]?.startedAt ?? 0;
  const refreshes = grantedAt.filter((at) => at > first);
  const failed = samples.filter(({ status }) => status !== 200).length;
  if (failed > 0) throw new Error(`${failed} of ${samples.length} requests failed`);
  if (refreshes.length === 0) throw new Error('the token was never refreshed');
  const isNear = ({ startedAt }: Sample) =>
    // The filter asks before the issuer has taken its time.
    refreshes.some((at) => startedAt > at - ISSUER_DELAY - AROUND && startedAt < at + AROUND);
  const p99 = (part: readonly Sample[]) =>
    quantile(
      part.map(({ latency }) => latency),
      0.99,
    );
  const near = p99(samples.filter(isNear));
  const between = p99(samples.filter((sample) => !isNear(sample)));
  const note = `${refreshes.length} refreshes; ${near.toFixed(2)} and ${between.toFixed(2)} ms`;
  return [
    atMost(MARK, 'p99 around a refresh, of that between refreshes', near / between, 1.2, { note }),
    atMost(MARK, 'requests that waited for a refresh', waited, 0, { limit: 'none' }),
  ];
}
