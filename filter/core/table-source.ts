import { Bytes } from './bytes';
import { Counters, TABLE_CHANGED, TABLE_FAILED, TABLE_MALFORMED, TABLE_UNCHANGED } from './counters';
import { HeaderList, HeaderPairs } from './headers';
import { Host, LOG_INFO, LOG_WARN } from './host';
import { KeySpace } from './key';
import { Matcher } from './match';
import { Settings } from './settings';
import { Table } from './table';

const MAXIMUM_TABLE: u32 = 8388608;
const STATUS: Bytes = Bytes.from(':status');
const METHOD: Bytes = Bytes.from(':method');
const PATH: Bytes = Bytes.from(':path');
const AUTHORITY: Bytes = Bytes.from(':authority');
const GET: Bytes = Bytes.from('GET');
const ROUTES: Bytes = Bytes.from('/v1/routes');
const IF_NONE_MATCH: Bytes = Bytes.from('if-none-match');
const OK: Bytes = Bytes.from('200');
const NOT_MODIFIED: Bytes = Bytes.from('304');
/** The shortest time between two fetches, ms: however often control is said to be ahead. */
const LEAST_INTERVAL: u64 = 250;
/** How many failures in a row double the wait. */
const MAXIMUM_DOUBLINGS: u32 = 4;

/** Keeps the route table up to date by polling control, and holds the last good one with what is derived from it. */
export class TableSource {
  table: Table | null = null;
  matcher: Matcher | null = null;
  keys: KeySpace | null = null;
  /** Grows by one with each new table. */
  generation: u32 = 0;
  private token: i64 = -1;
  private nextFetch: u64 = 0;
  private failures: u32 = 0;
  private readonly headers: HeaderList = new HeaderList();
  private readonly pairs: HeaderPairs = new HeaderPairs();
  private readonly body: Bytes = new Bytes();

  constructor(
    private readonly host: Host,
    private readonly settings: Settings,
    private readonly counters: Counters,
  ) {}

  /** Fetches when it is time to. Call it with the root context selected. */
  poll(monotonic: u64): void {
    if (this.token >= 0 || monotonic < this.nextFetch) return;
    this.headers.clear();
    this.headers.add(METHOD, GET);
    this.headers.add(PATH, ROUTES);
    this.headers.add(AUTHORITY, this.settings.authority);
    const table = this.table;
    if (table !== null) this.headers.add(IF_NONE_MATCH, Bytes.from('"' + table.revision.toString() + '"'));
    this.token = this.host.call(this.settings.cluster, this.headers, this.settings.timeout);
    if (this.token < 0) this.fail('there is no healthy cluster ' + this.settings.cluster.toString(), monotonic);
  }

  /** Control is ahead of us, or a request waits: fetch as soon as decency allows. */
  hurry(monotonic: u64): void {
    this.nextFetch = min(this.nextFetch, monotonic + (this.failures == 0 ? LEAST_INTERVAL : this.backoff()));
  }

  expects(token: u32): bool {
    return this.token == <i64>token;
  }

  /** Takes the answer to a fetch. True when the fetch succeeded, whether the table changed or not. */
  onAnswer(monotonic: u64): bool {
    this.token = -1;
    if (!this.host.readAnswerHeaders(this.pairs)) this.pairs.count = 0;
    const status = new Bytes();
    while (this.pairs.next())
      if (this.pairs.name.same(STATUS)) status.set(this.pairs.value.pointer, this.pairs.value.length);
    if (status.same(NOT_MODIFIED) && this.table !== null) {
      this.succeed(TABLE_UNCHANGED, monotonic);
      return true;
    }
    if (!status.same(OK)) {
      this.fail(status.length == 0 ? 'control did not answer' : 'control answered ' + status.toString(), monotonic);
      return false;
    }
    return this.take(monotonic);
  }

  private take(monotonic: u64): bool {
    const read = this.host.readAnswerBody(this.body, MAXIMUM_TABLE) && this.body.length <= MAXIMUM_TABLE;
    const table = read ? Table.decode(this.body.pointer, this.body.length) : null;
    if (table === null) {
      this.counters.count(TABLE_MALFORMED);
      this.fail('the route table is malformed', monotonic);
      return false;
    }
    const former = this.table;
    if (former !== null && former.revision.same(table.revision) && former.cacheKey.same(table.cacheKey)) {
      this.succeed(TABLE_UNCHANGED, monotonic);
      return true;
    }
    this.table = table;
    this.matcher = new Matcher(table);
    this.keys = new KeySpace(table, this.settings.cluster, this.settings.authority, this.settings.workerEntries);
    this.generation++;
    this.succeed(TABLE_CHANGED, monotonic);
    this.host.log(
      LOG_INFO,
      'route table ' +
        table.revision.toString().substring(0, 12) +
        ' with ' +
        table.routes.length.toString() +
        ' routes is in force',
    );
    return true;
  }

  private succeed(counter: i32, monotonic: u64): void {
    this.counters.count(counter);
    if (this.failures > 0) this.host.log(LOG_INFO, 'control gives route tables again');
    this.failures = 0;
    this.nextFetch = monotonic + this.settings.pollInterval;
  }

  private fail(why: string, monotonic: u64): void {
    this.counters.count(TABLE_FAILED);
    const kept = this.table === null ? 'requests wait and are then refused' : 'the last one stays in force';
    // Once per outage: each poll would otherwise write a line.
    if (this.failures == 0) this.host.log(LOG_WARN, 'no route table from control: ' + why + '; ' + kept);
    this.failures++;
    this.nextFetch = monotonic + this.backoff();
  }

  private backoff(): u64 {
    return LEAST_INTERVAL << min(this.failures - 1, MAXIMUM_DOUBLINGS);
  }
}
