import { writeScript } from '../load/scripts.ts';
import { runClosedLoop } from '../load/wrk.ts';
import { lowerQuartile } from '../measure/statistics.ts';
import { type FilterStack, withFilterStack } from './filter-stack.ts';
import { atMost, type Finding, type MarkExtent } from './finding.ts';

const MARK = 3;
/** What the issuer is asked at the most in this run: requests a second, and as many more at once. */
const RATE = 100;

/** Somebody tries out secrets as fast as a load generator can, while others go on being served. */
export async function measureFlood({ quick }: MarkExtent): Promise<Finding[]> {
  return withFilterStack({ control: { issuerRate: RATE } }, async (stack) => {
    const legitimate = stack.targetFor('legitimate');
    await runClosedLoop({ ...legitimate, seconds: 1 });
    const started = performance.now();
    const alone: number[] = [];
    const disturbed: number[] = [];
    const floods: number[] = [];
    for (let round = 0; round < (quick ? 1 : 12); round++) {
      alone.push((await measure(stack, [], 0)).cost);
      floods.push((await measure(stack, [round], 0, false)).cost);
      disturbed.push((await measure(stack, [round + 1000], lowerQuartile(floods))).cost);
    }
    const seconds = (performance.now() - started) / 1000;
    const { refused } = await stack.issuer.counts();
    const budget = Math.ceil(RATE * (seconds + 1));
    const ratio = lowerQuartile(disturbed) / lowerQuartile(alone);
    return [
      atMost(MARK, `wrong secrets that the issuer saw in ${seconds.toFixed(0)} s`, refused, budget, {
        limit: `at most ${budget}, its budget`,
      }),
      atMost(MARK, 'cost of a hit in Envoy during the flood, of an undisturbed one', ratio, 1.1),
    ];
  });
}

/**
 * One second of hits, of a flood, or of both at once.
 *
 * @param floods seeds of the floods
 * @param floodCost µs of a request of the flood in Envoy, taken off
 * @returns µs in Envoy for each hit, or for each request of the flood where there are no hits
 */
async function measure(stack: FilterStack, floods: readonly number[], floodCost: number, hits = true) {
  const before = stack.cpuTime('envoy');
  const target = stack.targetFor('legitimate');
  const flood = floods.map((seed) => {
    const script = writeScript(stack.directory, 'wrongSecrets', seed);
    return runClosedLoop({ ...target, seconds: 1, script });
  });
  const served = hits ? await runClosedLoop({ ...target, seconds: 1 }) : undefined;
  const flooded = (await Promise.all(flood)).reduce((sum, { requests }) => sum + requests, 0);
  if (served !== undefined && served.failed > 0) throw new Error(`${served.failed} legitimate requests failed`);
  const spent = stack.cpuTime('envoy') - before;
  return { cost: served === undefined ? spent / flooded : (spent - flooded * floodCost) / served.requests };
}
