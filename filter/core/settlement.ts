import { ALLOWED, Answer, FAILED, REFUSED, UNKNOWN_ROUTE } from './answer';
import { ANSWERED, Broker, FORWARD } from './broker';
import * as counter from './counters';
import { Entry, EXPIRED } from './entry';
import { Flight } from './flights';
import { LOG_WARN } from './host';
import { LET_THROUGH } from './shadow';
import { Stream } from './stream';

const MAXIMUM_REMATCHES: u32 = 3;
/** ms between two log lines about failed callouts. */
const LOG_INTERVAL: u64 = 10000;

/** What an answer means for those who wait for it, and for what is remembered. */
export class Settlement {
  private nextLog: u64 = 0;
  private unlogged: u32 = 0;

  constructor(
    private readonly broker: Broker,
    private readonly answer: Answer,
  ) {}

  /** Ends a flight with the answer that has just come. */
  land(flight: Flight): void {
    const broker = this.broker;
    const answer = this.answer;
    broker.counters.recordCallout(broker.cache.monotonic - flight.sentMonotonic);
    answer.read(broker.host, flight.reference);
    const table = broker.source.table!;
    if (answer.revision.length > 0 && !answer.revision.same(table.revision))
      broker.source.hurry(broker.cache.monotonic);
    if (flight.generation != broker.source.generation) {
      // The table has changed meanwhile: what was decided under the old one is not used, and its key means nothing now.
      this.rematch(flight.waiters);
    } else if (answer.outcome == UNKNOWN_ROUTE) {
      this.awaitNewTable(flight);
    } else if (answer.outcome == FAILED || (answer.outcome == REFUSED && answer.status >= 500)) {
      this.settleError(flight);
    } else {
      this.settleDecision(flight, this.remember(flight));
    }
  }

  /** Builds the entry for the answer and keeps it as long as control said. */
  private remember(flight: Flight): Entry {
    const broker = this.broker;
    const answer = this.answer;
    const freshness = answer.freshness;
    const cacheable = freshness.maxAge >= 0;
    if (cacheable) {
      const allowed = answer.outcome == ALLOWED;
      answer.builder.setLifetime(
        flight.sentWall,
        flight.sentMonotonic,
        <u64>freshness.maxAge * 1000,
        allowed ? <u64>max<i64>(0, freshness.staleWhileRevalidate) * 1000 : 0,
        allowed ? <u64>max<i64>(0, freshness.staleIfError) * 1000 : 0,
      );
    }
    const held = flight.held;
    let replacedAt: u64 = held === null ? 0 : held.replacedAt;
    if (held !== null && held.isRejected && answer.outcome == ALLOWED) {
      broker.counters.count(counter.REPLACEMENTS);
      replacedAt = broker.cache.monotonic;
    }
    const hmac = broker.source.keys!.hmac;
    const fits = answer.builder.size() <= broker.settings.maximumEntryBytes;
    const entry = answer.builder.finish(flight.key.pointer, replacedAt, hmac);
    // An answer that may not be kept still ends what was kept before: it has expired from the start.
    if (fits && (cacheable || held !== null)) broker.cache.store(entry, hmac);
    return entry;
  }

  private settleDecision(flight: Flight, entry: Entry): void {
    this.concludeShadow(flight, entry);
    const waiters = flight.waiters;
    for (let i = 0; i < waiters.length; i++) {
      if (!this.take(waiters[i])) continue;
      this.finish(waiters[i], this.applyAnew(waiters[i], entry));
    }
    this.broker.host.selectContext(this.broker.id);
  }

  private concludeShadow(flight: Flight, entry: Entry | null): void {
    const shadow = this.broker.shadow;
    if (shadow === null) return;
    shadow.concludeLate(flight, entry === null ? 503 : entry.isAllow ? LET_THROUGH : entry.status);
  }

  /** Applies an entry to a stream whose request was read in an earlier callback. */
  private applyAnew(stream: Stream, entry: Entry): u8 {
    const broker = this.broker;
    const shadow = broker.shadow;
    if (shadow !== null) {
      // The request has gone on long ago.
      shadow.noteOurs(stream, entry.isAllow ? LET_THROUGH : entry.status, entry.isAllow ? entry : null, null);
      return ANSWERED;
    }
    const request = broker.request;
    if (!request.read(broker.host)) return broker.refuseUnavailable();
    const index = broker.source.matcher!.match(request.host, request.path, request.method);
    if (index < 0) return broker.refuseUnavailable();
    return broker.apply(stream, entry, broker.source.table!.routes[index]);
  }

  /** Control or the issuer is in trouble: what is still held goes on being served, and the others are refused. */
  private settleError(flight: Flight): void {
    const broker = this.broker;
    this.countFailure();
    const hmac = broker.source.keys!.hmac;
    const held = broker.cache.newest(flight.key.pointer, flight.held, hmac);
    let entry: Entry | null = held !== null && this.keepHeld(held) ? held : null;
    const stale = entry !== null;
    if (entry === null && this.answer.outcome == REFUSED) entry = this.remember(flight);
    this.concludeShadow(flight, entry);
    const waiters = flight.waiters;
    for (let i = 0; i < waiters.length; i++) {
      if (!this.take(waiters[i])) continue;
      if (stale) broker.counters.count(counter.STALE_ERROR);
      this.finish(waiters[i], entry === null ? broker.refuseUnavailable() : this.applyAnew(waiters[i], entry));
    }
    broker.host.selectContext(broker.id);
  }

  /** True when a held entry can be served although control gave none; then control is left in peace for a while. */
  keepHeld(held: Entry): bool {
    const broker = this.broker;
    if (!held.isAllow || held.state(broker.cache.wall, broker.cache.monotonic) == EXPIRED) return false;
    if (held.isRejected) {
      // The backend may have meant one caller only. Asking again waits for the next 401 and its interval.
      held.setRejected(false, broker.cache.monotonic, broker.source.keys!.hmac);
      broker.cache.store(held, broker.source.keys!.hmac);
    }
    held.retryAt = broker.cache.monotonic + broker.settings.retryInterval;
    return true;
  }

  private countFailure(): void {
    const broker = this.broker;
    if (this.answer.outcome != FAILED) return;
    broker.counters.count(this.answer.malformed ? counter.FAILED_MALFORMED : counter.FAILED_UNAVAILABLE);
    this.unlogged++;
    if (broker.cache.monotonic < this.nextLog) return;
    const why = this.answer.malformed ? 'gave an answer that is not of the contract' : 'did not answer';
    const status = this.answer.status == 0 ? '' : ', status ' + this.answer.status.toString();
    broker.host.log(
      LOG_WARN,
      'control ' + why + status + ' (' + this.unlogged.toString() + ' callouts since the last such line)',
    );
    this.unlogged = 0;
    this.nextLog = broker.cache.monotonic + LOG_INTERVAL;
  }

  /** Matches the waiters anew with the table that is in force now. */
  private rematch(waiters: Stream[]): void {
    const broker = this.broker;
    for (let i = 0; i < waiters.length; i++) {
      const stream = waiters[i];
      if (!this.take(stream) || broker.shadow !== null) continue;
      stream.rematches++;
      this.finish(stream, stream.rematches > MAXIMUM_REMATCHES ? broker.refuseUnavailable() : broker.handle(stream));
    }
    broker.host.selectContext(broker.id);
  }

  /** Control does not hold the route: wait for its table, but only once. */
  private awaitNewTable(flight: Flight): void {
    const broker = this.broker;
    const held = flight.held;
    if (held !== null) held.retryAt = broker.cache.monotonic + broker.settings.retryInterval;
    broker.source.hurry(broker.cache.monotonic);
    const waiters = flight.waiters;
    for (let i = 0; i < waiters.length; i++) {
      const stream = waiters[i];
      if (!this.take(stream) || broker.shadow !== null) continue;
      if (stream.routeWasUnknown) {
        broker.counters.count(counter.FAILED_UNKNOWN_ROUTE);
        this.finish(stream, broker.refuseUnavailable());
        continue;
      }
      stream.routeWasUnknown = true;
      this.finish(stream, broker.awaitTable(stream));
    }
    broker.host.selectContext(broker.id);
  }

  /** A table has come, or was found to be the latest: those who waited for it are matched. */
  releaseWaitingRoom(): void {
    const waiters = this.broker.waitingRoom.empty();
    this.rematch(waiters);
  }

  expireWaits(): void {
    const broker = this.broker;
    const expired = broker.waitingRoom.takeExpired(broker.cache.monotonic);
    for (let i = 0; i < expired.length; i++) {
      broker.changeWaiting(-1);
      if (broker.host.selectContext(expired[i].id)) broker.refuseUnavailable();
    }
    if (expired.length > 0) broker.host.selectContext(broker.id);
  }

  /** Takes a stream out of those who wait, and selects it; false when it is gone. */
  private take(stream: Stream): bool {
    stream.flight = null;
    stream.waiterIndex = -1;
    this.broker.changeWaiting(-1);
    this.broker.responder.stream = stream;
    return this.broker.host.selectContext(stream.id);
  }

  private finish(stream: Stream, outcome: u8): void {
    if (outcome == FORWARD && !this.broker.host.continueRequest()) stream.injected = null;
  }
}
