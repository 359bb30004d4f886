import { readSamples, sumSamples } from '../../tools/launch/statistics.ts';
import type { Target } from '../load/wrk.ts';
import { cpuTimeOf } from '../measure/cpu-time.ts';
import { credentialsOf, HOSTS } from '../stack/callers.ts';
import type { ControlOptions } from '../stack/control.ts';
import { brokerFilter } from '../stack/filters.ts';
import { type Stack, startStack } from '../stack/stack.ts';

const NAME = 'filter';

export interface FilterStackOptions {
  /** Merged into the plugin's configuration. */
  readonly settings?: object;
  readonly control?: Partial<ControlOptions>;
  readonly concurrency?: number;
}

/** A stack with one path, on which our filter stands, and callers with credentials. */
export interface FilterStack extends Stack {
  targetFor(client: string): Target;
  /** µs of processor time taken so far by these, or by all. */
  cpuTime(...names: string[]): number;
  /** A metric of the filter's, summed over its tags. */
  metric(name: string): Promise<number>;
}

export async function startFilterStack(options: FilterStackOptions = {}): Promise<FilterStack> {
  const { settings = {}, control = {}, concurrency = 1 } = options;
  const paths = [{ name: NAME, httpFilters: [brokerFilter(NAME, 'filter.wasm', settings)] }];
  const stack = await startStack({ paths, control, concurrency });
  const { ports, adminUrl } = stack.envoy;
  return {
    ...stack,
    targetFor: (client) => ({ port: ports[NAME] ?? 0, host: HOSTS.credentials, headers: credentialsOf(client) }),
    cpuTime: (...names) => {
      const pids = names.length === 0 ? Object.values(stack.pids) : names.map((name) => stack.pids[name] ?? 0);
      return pids.reduce((sum, pid) => sum + cpuTimeOf(pid), 0);
    },
    metric: async (name) => sumSamples(await readSamples(adminUrl), `token_broker_${name}`),
  };
}

/** Runs with a stack, and stops it whatever becomes of the run. */
export async function withFilterStack<T>(
  options: FilterStackOptions,
  run: (stack: FilterStack) => Promise<T>,
): Promise<T> {
  const stack = await startFilterStack(options);
  try {
    return await run(stack);
  } finally {
    await stack.stop();
  }
}
