/** What the server is asked to do. */
export type Operation = 'look' | 'claim' | 'store' | 'extend' | 'release';

/** What became of it: `bypassed` was not tried at all. */
export type OperationOutcome = 'done' | 'failed' | 'timeout' | 'bypassed';

/** What a look found. */
export type Finding = 'token' | 'refusal' | 'nothing' | 'unreadable';

/** How the wait for another replica ended. */
export type WaitOutcome = 'token' | 'refusal' | 'failure' | 'turn' | 'patience' | 'bypassed';

/** Told of all that happens between control and the server, for metrics and logs. */
export interface SharedCacheObserver {
  /** @param duration ms; undefined when it was bypassed */
  operated(operation: Operation, outcome: OperationOutcome, duration: number | undefined): void;
  found(finding: Finding): void;
  /** @param duration ms */
  waited(outcome: WaitOutcome, duration: number): void;
  /** @param cause why the server is left alone; undefined when it is asked again */
  bypassChanged(cause: string | undefined): void;
}
