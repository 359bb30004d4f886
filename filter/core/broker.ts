import { Answer } from './answer';
import { Bytes } from './bytes';
import { Callout } from './callout';
import * as counter from './counters';
import { DecisionCache } from './decision-cache';
import { Entry, EXPIRED, FRESH, STALE } from './entry';
import { Flight, Flights, nameOf } from './flights';
import { Host } from './host';
import { AMBIGUOUS } from './match';
import { REPEATED, RequestView, TOO_LONG } from './request';
import * as respond from './respond';
import { Settings } from './settings';
import { Settlement } from './settlement';
import { LET_THROUGH, Shadow, UNKNOWN } from './shadow';
import { ShadowResponder } from './shadow-responder';
import { Stream } from './stream';
import { DECIDE, Input, OPTIONS_DECIDED, PASS, Route } from './table';
import { TableSource } from './table-source';
import { WaitingRoom } from './waiting-room';

/** The request goes on to the backend. */
export const FORWARD: u8 = 0;
/** The request stays paused until an answer comes. */
export const WAIT: u8 = 1;
/** The client has its answer. */
export const ANSWERED: u8 = 2;

const KEY: usize = memory.data(32);

/** One plugin configuration at work in this worker: takes requests, and decides what becomes of each. */
export class Broker {
  readonly source: TableSource;
  readonly cache: DecisionCache;
  readonly flights: Flights = new Flights();
  /** Requests that wait for the first route table, or for a newer one. */
  readonly waitingRoom: WaitingRoom;
  readonly responder: respond.Responder;
  /** Where another broker decides, and this one only watches. */
  readonly shadow: Shadow | null;
  readonly request: RequestView = new RequestView();
  /** Requests that wait, for whatever. */
  waiting: u32 = 0;
  private readonly callout: Callout;
  private settlement!: Settlement;

  constructor(
    readonly id: u32,
    readonly host: Host,
    readonly settings: Settings,
    readonly counters: counter.Counters,
    usesShared: bool,
  ) {
    this.source = new TableSource(host, settings, counters);
    this.cache = new DecisionCache(host, settings, usesShared, counters);
    const shadow = settings.isShadow ? new Shadow(host, counters) : null;
    this.shadow = shadow;
    this.responder =
      shadow === null ? new respond.Responder(host, counters) : new ShadowResponder(host, counters, shadow);
    this.callout = new Callout(host, settings);
    this.waitingRoom = new WaitingRoom(settings.timeout);
    this.settlement = new Settlement(this, new Answer());
    this.readClocks();
  }

  readClocks(): void {
    this.cache.wall = this.host.wallTime();
    this.cache.monotonic = this.host.monotonicTime();
    const shadow = this.shadow;
    if (shadow !== null) shadow.monotonic = this.cache.monotonic;
  }

  /** A few times a second: moves the coarse clock that hits rely on, polls, and ends waits that took too long. */
  onTick(): void {
    this.readClocks();
    this.source.poll(this.cache.monotonic);
    this.settlement.expireWaits();
    this.cache.countEvictions();
    this.counters.flush();
  }

  /** Takes the answer to a callout of ours. */
  onAnswer(token: u32): void {
    this.readClocks();
    if (this.source.expects(token)) {
      if (this.source.onAnswer(this.cache.monotonic)) this.settlement.releaseWaitingRoom();
      return;
    }
    const flight = this.flights.land(token);
    if (flight !== null) this.settlement.land(flight);
  }

  onStreamGone(stream: Stream): void {
    const flight = stream.flight;
    if (flight === null) return;
    flight.leave(stream);
    this.changeWaiting(-1);
  }

  changeWaiting(change: i32): void {
    this.waiting += change;
    this.counters.changeWaiting(change);
  }

  /** Takes the selected stream's request, which has just come. */
  admit(stream: Stream): u8 {
    this.responder.stream = stream;
    const shadow = this.shadow;
    return shadow === null ? this.handle(stream) : this.watch(stream, shadow);
  }

  /** Decides, and lets the request go on whatever that comes to. */
  private watch(stream: Stream, shadow: Shadow): u8 {
    if (this.source.matcher === null) {
      this.source.hurry(this.cache.monotonic);
      return FORWARD;
    }
    if (this.handle(stream) == FORWARD && stream.ours == UNKNOWN) shadow.noteOurs(stream, LET_THROUGH, null, null);
    shadow.noteRequest(stream, this.request);
    return FORWARD;
  }

  /** The selected stream is done. */
  onDone(stream: Stream): void {
    const shadow = this.shadow;
    if (shadow !== null) shadow.conclude(stream);
  }

  /** Decides on the selected stream's request. */
  handle(stream: Stream): u8 {
    const matcher = this.source.matcher;
    if (matcher === null) return this.awaitTable(stream);
    if (!this.request.read(this.host)) return this.refuseUnavailable();
    const index = matcher.match(this.request.host, this.request.path, this.request.method);
    if (index == AMBIGUOUS) return this.refuseAmbiguous();
    if (index < 0) return this.source.table!.unmatched == PASS ? this.pass() : this.refuseUnmatched();
    const route = this.source.table!.routes[index];
    if (route.kind == DECIDE) return this.decide(stream, route, index);
    if (route.kind == PASS) return this.responder.strip(route, this.request) ? this.pass() : this.refuseUnavailable();
    return this.refuseFromTable(route.denyStatus, respond.DETAILS_POLICY, route.denyBody, route);
  }

  private pass(): u8 {
    this.counters.count(counter.PASSES);
    return FORWARD;
  }

  private refuseAmbiguous(): u8 {
    this.responder.refuse(400, respond.DETAILS_PATH, respond.BODY_AMBIGUOUS);
    return ANSWERED;
  }

  private refuseUnmatched(): u8 {
    const table = this.source.table!;
    this.responder.refuseAs(403, respond.DETAILS_POLICY, table.unmatchedBody, table.bodyType, respond.CHALLENGE);
    return ANSWERED;
  }

  private refuseFromTable(status: u32, details: Bytes, body: Bytes, route: Route): u8 {
    this.responder.refuseAs(status, details, body, this.source.table!.bodyType, route.challenge);
    return ANSWERED;
  }

  refuseUnavailable(): u8 {
    this.responder.refuse(503, respond.DETAILS_UNAVAILABLE, respond.BODY_UNAVAILABLE);
    return ANSWERED;
  }

  /** Pauses the request until a table has come. */
  awaitTable(stream: Stream): u8 {
    if (this.waiting >= this.settings.maximumWaiters) return this.refuseOverload();
    this.waitingRoom.enter(stream, this.cache.monotonic);
    this.changeWaiting(1);
    this.source.hurry(this.cache.monotonic);
    return WAIT;
  }

  private refuseOverload(): u8 {
    this.counters.count(counter.WAITERS_REFUSED);
    this.responder.refuse(503, respond.DETAILS_OVERLOADED, respond.BODY_OVERLOADED);
    return ANSWERED;
  }

  private decide(stream: Stream, route: Route, index: i32): u8 {
    this.request.collectInputs(route, this.host);
    if (route.options != OPTIONS_DECIDED && this.request.isExempt(route)) {
      return this.responder.strip(route, this.request) ? this.pass() : this.refuseUnavailable();
    }
    const unusable = this.request.unusableInput(route);
    if (unusable !== null) return this.refuseInput(unusable, route);
    const keys = this.source.keys!;
    keys.digest(index, route, this.request, KEY);
    const entry = this.cache.find(KEY, keys.hmac);
    if (entry !== null && this.isServable(entry)) {
      const needsRefresh = entry.isAllow && entry.state(this.cache.wall, this.cache.monotonic) != FRESH;
      if (!needsRefresh) {
        // Refusals and what this worker does not hold would only push out what is met more often.
        if (entry.isAllow && !this.cache.foundInShared) keys.keep(index, route, this.request, KEY);
        return this.serve(stream, entry, route);
      }
    }
    return this.decideWithControl(stream, route, entry);
  }

  private refuseInput(input: Input, route: Route): u8 {
    const status = input.refusalStatus;
    if (this.request.problem == TOO_LONG) {
      return this.refuseFromTable(status, respond.DETAILS_INPUT, input.refusalBody, route);
    }
    const body = this.request.problem == REPEATED ? respond.BODY_REPEATED : respond.BODY_UNPRINTABLE;
    this.responder.refuseAs(status, respond.DETAILS_INPUT, body, respond.PLAIN, route.challenge);
    return ANSWERED;
  }

  /** The way past a fresh entry: look for a newer one, join a callout, or start one. */
  private decideWithControl(stream: Stream, route: Route, known: Entry | null): u8 {
    // The coarse clock is good enough for hits; what is asked of control carries the time it was asked.
    this.readClocks();
    let entry = known;
    const flight = this.flights.find(KEY);
    if (flight === null) {
      entry = this.cache.newest(KEY, known, this.source.keys!.hmac);
      if (entry !== null && this.isServable(entry)) {
        const state = entry.state(this.cache.wall, this.cache.monotonic);
        if (entry.isAllow && state == STALE && this.cache.monotonic >= entry.retryAt) this.refresh(route, entry);
        return this.serve(stream, entry, route);
      }
    } else if (entry !== null && this.isServable(entry)) {
      return this.serve(stream, entry, route);
    }
    if (this.waiting >= this.settings.maximumWaiters) return this.refuseOverload();
    stream.route = route;
    if (flight === null) {
      this.counters.count(counter.MISSES);
      const started = this.depart(route, entry);
      if (started === null) return this.serveDespiteFailure(stream, entry, route);
      started.join(stream);
    } else {
      this.counters.count(counter.COALESCED);
      flight.join(stream);
    }
    this.changeWaiting(1);
    return WAIT;
  }

  /** True when the entry answers the request without control: by its age, or because asking just failed. */
  private isServable(entry: Entry): bool {
    const state = entry.state(this.cache.wall, this.cache.monotonic);
    if (!entry.isAllow) return state == FRESH;
    if (state == EXPIRED) return false;
    if (this.cache.monotonic < entry.retryAt) return true;
    return !entry.isRejected && (state == FRESH || state == STALE);
  }

  /** Applies a remembered decision, and counts what kind of service that was. */
  private serve(stream: Stream, entry: Entry, route: Route): u8 {
    const state = entry.state(this.cache.wall, this.cache.monotonic);
    if (state == FRESH && !entry.isRejected) {
      this.counters.count(this.cache.foundInShared ? counter.HITS_SHARED : counter.HITS_WORKER);
    } else {
      this.counters.count(state == STALE ? counter.STALE_REVALIDATE : counter.STALE_ERROR);
    }
    return this.apply(stream, entry, route);
  }

  /** Carries out a decision on the selected stream. */
  apply(stream: Stream, entry: Entry, route: Route): u8 {
    if (!entry.isAllow) {
      this.responder.refuseWith(entry);
      return ANSWERED;
    }
    if (!this.responder.inject(entry, route, this.request)) return this.refuseUnavailable();
    stream.injected = this.settings.replaceOnUnauthorized && entry.hasToken ? entry : null;
    return FORWARD;
  }

  private refresh(route: Route, entry: Entry): void {
    if (<u32>this.flights.count >= this.settings.maximumWaiters) return;
    this.counters.count(counter.REFRESHES);
    if (this.depart(route, entry) === null) entry.retryAt = this.cache.monotonic + this.settings.retryInterval;
  }

  /** Starts the callout for KEY; null when it failed at once. */
  private depart(route: Route, held: Entry | null): Flight | null {
    const token = this.callout.send(route, this.request, held);
    if (token < 0) {
      this.counters.count(counter.FAILED_CLUSTER);
      return null;
    }
    const flight = new Flight(nameOf(KEY), Bytes.copy(KEY, 32), route.reference, this.source.generation);
    flight.token = <u32>token;
    flight.sentWall = this.cache.wall;
    flight.sentMonotonic = this.cache.monotonic;
    flight.held = held;
    this.flights.start(flight);
    return flight;
  }

  private serveDespiteFailure(stream: Stream, entry: Entry | null, route: Route): u8 {
    if (entry === null || !this.settlement.keepHeld(entry)) return this.refuseUnavailable();
    this.counters.count(counter.STALE_ERROR);
    return this.apply(stream, entry, route);
  }
}
