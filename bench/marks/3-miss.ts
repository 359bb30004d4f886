import { runBurst } from '../load/h2load.ts';
import { writeScript } from '../load/scripts.ts';
import { runClosedLoop } from '../load/wrk.ts';
import { residentMemoryOf } from '../measure/cpu-time.ts';
import { measureFlood } from './3-flood.ts';
import { type FilterStack, withFilterStack } from './filter-stack.ts';
import { atMost, type Finding, type Mark } from './finding.ts';

const MARK = 3;
const CONCURRENT = 1000;

/** What requests cost that nobody remembers an answer for. */
export const judgeMiss: Mark = async (extent) => [
  ...(await withFilterStack({}, measureStorm)),
  ...(await measureFlood(extent)),
  ...(await withFilterStack({}, (stack) => measureKeys(stack, extent.quick))),
];

async function measureStorm(stack: FilterStack): Promise<Finding[]> {
  // The issuer is slow enough for all to arrive before it answers.
  await stack.issuer.set({ delay: 1000 });
  const storm = async (client: string, requests: number) => {
    const before = stack.cpuTime();
    const { granted } = await stack.issuer.counts();
    const served = await runBurst(stack.targetFor(client), requests);
    if (served !== requests) throw new Error(`${requests - served} of ${requests} requests failed`);
    return { calls: (await stack.issuer.counts()).granted - granted, cost: (stack.cpuTime() - before) / requests };
  };
  await storm('warm', CONCURRENT);
  const few = await storm('few', CONCURRENT / 10);
  const many = await storm('many', CONCURRENT);
  return [
    atMost(MARK, `issuer calls for ${CONCURRENT} concurrent requests of one new key`, many.calls, 1, { limit: '1' }),
    atMost(MARK, `cost of a waiter among ${CONCURRENT}, of one among ${CONCURRENT / 10}`, many.cost / few.cost, 1.2),
  ];
}

async function measureKeys(stack: FilterStack, quick: boolean): Promise<Finding[]> {
  const keys = quick ? 500 : 10_000;
  const target = stack.targetFor('');
  const fill = async (seed: number) => {
    const script = writeScript(stack.directory, 'newClients', seed);
    const before = stack.cpuTime();
    const { requests, failed } = await runClosedLoop({ ...target, seconds: 1, script });
    if (failed > 0) throw new Error(`${failed} of ${requests} requests failed`);
    return { requests, cost: (stack.cpuTime() - before) / requests };
  };
  // The first is for code to be compiled.
  const warm = await fill(0);
  const early = [await fill(1), await fill(2)];
  let filled = warm.requests + early.reduce((sum, { requests }) => sum + requests, 0);
  let seed = 3;
  while (filled < keys) filled += (await fill(seed++)).requests;
  const envoy = stack.pids.envoy ?? 0;
  const full = residentMemoryOf(envoy);
  const late = [await fill(seed++), await fill(seed++)];
  for (let more = late.reduce((sum, { requests }) => sum + requests, 0); more < keys; )
    more += (await fill(seed++)).requests;
  const again = residentMemoryOf(envoy);
  const least = (parts: readonly { cost: number }[]) => Math.min(...parts.map(({ cost }) => cost));
  const note = `${mebibytes(full)}, then ${mebibytes(again)}`;
  return [
    atMost(MARK, `cost of a miss after ${keys} keys, of one at first`, least(late) / least(early), 1.2),
    atMost(MARK, `Envoy’s memory after ${2 * keys} keys, of that after ${keys}`, again / full, 1.05, { note }),
  ];
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
