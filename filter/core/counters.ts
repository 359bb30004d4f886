import { COUNTER, GAUGE, HISTOGRAM, Host } from './host';

/** What is counted. Names end in a tag and its value where one name has several; stats_tags in the bootstrap split them. */
const NAMES: StaticArray<string> = [
  'hits.layer.worker',
  'hits.layer.shared',
  'misses',
  'coalesced',
  'refreshes',
  'stale_served.reason.revalidate',
  'stale_served.reason.error',
  'passes',
  'replacements',
  'replacements_suppressed',
  'callout_failures.cause.cluster',
  'callout_failures.cause.unavailable',
  'callout_failures.cause.malformed',
  'callout_failures.cause.unknown_route',
  'evictions.layer.worker',
  'evictions.layer.shared',
  'table_refreshes.outcome.changed',
  'table_refreshes.outcome.unchanged',
  'table_refreshes.outcome.failed',
  'table_refreshes.outcome.malformed',
  'waiters_refused',
  'shadow_agreements',
  'shadow_differences.kind.allowed_here',
  'shadow_differences.kind.refused_here',
  'shadow_differences.kind.status',
  'shadow_differences.kind.headers',
  'shadow_differences.kind.kept',
  'shadow_unknown',
  'denials.status.400',
  'denials.status.401',
  'denials.status.403',
  'denials.status.502',
  'denials.status.503',
  'denials.status.other',
];

export const HITS_WORKER = 0;
export const HITS_SHARED = 1;
export const MISSES = 2;
export const COALESCED = 3;
export const REFRESHES = 4;
export const STALE_REVALIDATE = 5;
export const STALE_ERROR = 6;
export const PASSES = 7;
export const REPLACEMENTS = 8;
export const REPLACEMENTS_SUPPRESSED = 9;
export const FAILED_CLUSTER = 10;
export const FAILED_UNAVAILABLE = 11;
export const FAILED_MALFORMED = 12;
export const FAILED_UNKNOWN_ROUTE = 13;
export const EVICTIONS_WORKER = 14;
export const EVICTIONS_SHARED = 15;
export const TABLE_CHANGED = 16;
export const TABLE_UNCHANGED = 17;
export const TABLE_FAILED = 18;
export const TABLE_MALFORMED = 19;
export const WAITERS_REFUSED = 20;
export const SHADOW_AGREED = 21;
export const SHADOW_ALLOWED_HERE = 22;
export const SHADOW_REFUSED_HERE = 23;
export const SHADOW_STATUS = 24;
export const SHADOW_HEADERS = 25;
export const SHADOW_KEPT = 26;
export const SHADOW_UNKNOWN = 27;
const DENIALS_400 = 28;
const DENIALS_OTHER = 33;
/** Bytes by which linear memory grows. */
const PAGE: i64 = 65536;

/**
 * The VM's metrics, defined once. Counts are kept in memory and handed to the host on the tick, so that a request costs no
 * call for them.
 */
export class Counters {
  private readonly metrics: StaticArray<u32> = new StaticArray<u32>(NAMES.length);
  private readonly pending: StaticArray<i64> = new StaticArray<i64>(NAMES.length);
  private readonly waiting: u32;
  private readonly memory: u32;
  private readonly calloutTime: u32;
  private waitingNow: i64 = 0;
  private waitingShown: i64 = 0;
  private memoryShown: i64 = 0;

  /** @param isShadow whether this is the build that compares itself with another broker, and counts that */
  constructor(
    private readonly host: Host,
    isShadow: bool,
  ) {
    for (let i = 0; i < NAMES.length; i++) {
      if (!isShadow && i >= SHADOW_AGREED && i <= SHADOW_UNKNOWN) continue;
      this.metrics[i] = host.defineMetric(COUNTER, 'token_broker.' + NAMES[i]);
    }
    this.waiting = host.defineMetric(GAUGE, 'token_broker.waiting_requests');
    this.memory = host.defineMetric(GAUGE, 'token_broker.memory_bytes');
    this.calloutTime = host.defineMetric(HISTOGRAM, 'token_broker.callout_milliseconds');
  }

  count(counter: i32): void {
    unchecked(this.pending[counter]++);
  }

  add(counter: i32, count: u64): void {
    this.pending[counter] += count;
  }

  countDenial(status: u32): void {
    let counter = DENIALS_OTHER;
    if (status == 400 || status == 401) counter = DENIALS_400 + <i32>status - 400;
    else if (status == 403) counter = DENIALS_400 + 2;
    else if (status == 502 || status == 503) counter = DENIALS_400 + 3 + <i32>status - 502;
    this.count(counter);
  }

  /** @param change how many requests more, or less, wait for an answer */
  changeWaiting(change: i32): void {
    this.waitingNow += change;
  }

  recordCallout(milliseconds: u64): void {
    this.host.recordMetric(this.calloutTime, milliseconds);
  }

  flush(): void {
    for (let i = 0; i < NAMES.length; i++) {
      if (this.pending[i] == 0) continue;
      this.host.addToMetric(this.metrics[i], this.pending[i]);
      this.pending[i] = 0;
    }
    if (this.waitingNow != this.waitingShown) this.host.addToMetric(this.waiting, this.waitingNow - this.waitingShown);
    this.waitingShown = this.waitingNow;
    const memoryNow = <i64>memory.size() * PAGE;
    // The gauge is the sum over all workers, so each adds what it has grown by.
    if (memoryNow != this.memoryShown) this.host.addToMetric(this.memory, memoryNow - this.memoryShown);
    this.memoryShown = memoryNow;
  }
}
