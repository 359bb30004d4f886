import type { ProviderConfiguration, RemoteKeys } from '../../config/provider.ts';
import type { Clock } from '../../decide/ports.ts';
import { fetchKeySet } from './fetch-key-set.ts';
import { type KeySet, LocalKeySet } from './key-set.ts';
import { type ParsedKeySet, parseKeySet } from './parse-key-set.ts';
import { type KeyEvent, RemoteKeySet } from './remote-key-set.ts';
import { createTransport, type Fetch } from './transport.ts';

/** What key sets tell about themselves; nothing in it is secret. */
export interface KeySetObserver {
  /** Keys of the operator's own set that are not used, and why. */
  skipped?(provider: string, keys: readonly string[]): void;
  /** A look for a key has ended. */
  lookedUp?(provider: string, event: KeyEvent): void;
  /** A fetch has ended, after `duration` ms; `error` says why; of what a server sent it holds kids at most, cut short. */
  fetched?(provider: string, outcome: KeySetFetch, duration: number): void;
}

export type KeySetFetch =
  | { readonly kind: 'fetched'; readonly keys: number; readonly skipped: readonly string[] }
  | { readonly kind: 'failed'; readonly error: Error };

interface Dependencies {
  readonly clock: Clock;
  readonly observer?: KeySetObserver;
  readonly fetch?: Fetch;
  readonly random?: () => number;
}

/** @throws Error when a local key set or the file of authorities cannot be used */
export function createKeySet({ name, keys }: ProviderConfiguration, dependencies: Dependencies): KeySet {
  const local = keys.local === undefined ? undefined : parseKeySet(keys.local);
  if (local !== undefined && local.skipped.length > 0) dependencies.observer?.skipped?.(name, local.skipped);
  if (keys.remote !== undefined) return createRemoteKeySet(name, keys.remote, local, dependencies);
  if (local === undefined) throw new Error('it has no keys');
  return new LocalKeySet(local);
}

function createRemoteKeySet(
  name: string,
  remote: RemoteKeys,
  fallback: ParsedKeySet | undefined,
  { clock, observer, fetch, random = Math.random }: Dependencies,
): RemoteKeySet {
  const transport = fetch === undefined ? createTransport(remote) : { fetch, close: async () => {} };
  return new RemoteKeySet({
    remote,
    fallback,
    fetchKeySet: () => fetchKeySet(remote, transport.fetch),
    clock,
    random,
    observe: (event) => observer?.lookedUp?.(name, event),
    fetched: (outcome, duration) => {
      const result: KeySetFetch =
        outcome instanceof Error
          ? { kind: 'failed', error: outcome }
          : { kind: 'fetched', keys: outcome.keys.size, skipped: outcome.skipped };
      observer?.fetched?.(name, result, duration);
    },
    closed: () => transport.close(),
  });
}
