import { type ClosedLoopOptions, runClosedLoop } from '../load/wrk.ts';
import { cpuTimeOf } from './cpu-time.ts';
import { lowerQuartile, shuffle, spread } from './statistics.ts';

/** Something to measure beside others. */
export interface Contender<Name extends string = string> {
  readonly name: Name;
  readonly load: ClosedLoopOptions;
  /** The processes that serve its requests, by name. */
  readonly pids: Readonly<Record<string, number>>;
}

/** Of one contender, over all rounds. */
export interface Cost {
  /** µs of processor time for each request, of all processes: lower quartile and distance of the quartiles. */
  readonly total: number;
  readonly spread: number;
  /** The lower quartile of each process. */
  readonly byProcess: Readonly<Record<string, number>>;
  /** Requests a second, the upper quartile. */
  readonly rate: number;
  readonly requests: number;
}

interface Round {
  readonly requests: number;
  readonly rate: number;
  readonly cost: Readonly<Record<string, number>>;
}

/**
 * Measures contenders in short rounds, each round in another order, so that whatever else the machine does meets all alike.
 *
 * @throws Error when a request failed: what is measured has to work
 */
export async function measureInRounds<Name extends string>(
  contenders: readonly Contender<Name>[],
  rounds: number,
  tell: (line: string) => void = () => {},
): Promise<Map<Name, Cost>> {
  const results = new Map<Name, Round[]>(contenders.map(({ name }) => [name, []]));
  for (const contender of contenders) await measureRound(contender);
  for (let round = 1; round <= rounds; round++) {
    for (const contender of shuffle(contenders)) {
      results.get(contender.name)?.push(await measureRound(contender));
    }
    tell(`round ${round} of ${rounds}`);
  }
  return new Map([...results].map(([name, all]) => [name, summarize(all)]));
}

async function measureRound({ name, load, pids }: Contender): Promise<Round> {
  const names = Object.keys(pids);
  const before = names.map((each) => cpuTimeOf(pids[each] ?? 0));
  const { requests, rate, failed } = await runClosedLoop(load);
  const after = names.map((each) => cpuTimeOf(pids[each] ?? 0));
  if (failed > 0 || requests === 0) throw new Error(`${name}: ${failed} of ${requests} requests failed`);
  const cost = Object.fromEntries(names.map((each, i) => [each, ((after[i] ?? 0) - (before[i] ?? 0)) / requests]));
  return { requests, rate, cost };
}

function summarize(rounds: readonly Round[]): Cost {
  const totals = rounds.map(({ cost }) => Object.values(cost).reduce((sum, each) => sum + each, 0));
  const names = Object.keys(rounds[0]?.cost ?? {});
  return {
    total: lowerQuartile(totals),
    spread: spread(totals),
    byProcess: Object.fromEntries(
      names.map((name) => [name, lowerQuartile(rounds.map(({ cost }) => cost[name] ?? 0))]),
    ),
    rate: -lowerQuartile(rounds.map(({ rate }) => -rate)),
    requests: rounds.reduce((sum, { requests }) => sum + requests, 0),
  };
}
