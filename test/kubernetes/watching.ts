import type { Api } from '../../control/kubernetes/cluster/api.ts';
import { readConfigMap } from '../../control/kubernetes/config-map.ts';
import { Allowance, type Limits } from '../../control/kubernetes/watch/allowance.ts';
import type { Selection } from '../../control/kubernetes/watch/selection.ts';
import { Watch, type WatchState, type WatchTimes } from '../../control/kubernetes/watch/watch.ts';
import { eventually } from '../../tools/launch/eventually.ts';
import { clock, PATIENT } from './connect.ts';

/** ConfigMaps by `namespace/name`, as what their key `value` says. */
export type Values = Record<string, string | undefined>;

/** A watch of ConfigMaps, with all that it has told. */
export interface Watching {
  /** The latest set. */
  values(): Values;
  /** Sets told so far. */
  told(): readonly Values[];
  state(): WatchState;
  /** Every failure that came to be known, by its reason. */
  failures(): readonly string[];
  /** Requests so far: pages of lists, and watches that have begun. */
  requests(): { lists: number; watches: number };
  /** Waits until the latest set is this. */
  expect(values: Values, timeoutMilliseconds?: number): Promise<void>;
  close(): Promise<void>;
}

export interface WatchingOptions {
  times?: Partial<WatchTimes>;
  limits?: Limits;
}

export function watchConfigMaps(
  api: Api,
  selection: Partial<Selection>,
  { times = {}, limits = { objects: 1000, bytes: 4_000_000 } }: WatchingOptions = {},
): Watching {
  const requests = { lists: 0, watches: 0 };
  const told: Values[] = [];
  const failures: string[] = [];
  const watch = new Watch({
    api: {
      call: (request) => {
        requests.lists += 1;
        return api.call(request);
      },
      open: async (request) => {
        const opened = await api.open(request);
        if (opened.kind === 'opened') requests.watches += 1;
        return opened;
      },
    },
    selection: { resource: 'configmaps', ...selection },
    read: readConfigMap,
    changed: (items) => told.push(Object.fromEntries([...items].map(([key, { data }]) => [key, data.get('value')]))),
    stateChanged: ({ failure }) => {
      if (failure !== undefined) failures.push(failure.reason);
    },
    allowance: new Allowance(limits),
    clock,
    times: { ...PATIENT, ...times },
  });
  return {
    values: () => told.at(-1) ?? {},
    told: () => told,
    state: () => watch.state(),
    failures: () => failures,
    requests: () => ({ ...requests }),
    expect: (values, timeoutMilliseconds = 20_000) =>
      eventually(() => {
        const [have, want] = [told.at(-1), values].map((set) => JSON.stringify(Object.entries(set ?? {}).sort()));
        if (told.length === 0 || have !== want) throw new Error(`the set is ${have} and not ${want}`);
      }, timeoutMilliseconds),
    close: () => watch.close(),
  };
}
