import { COLON } from './answer';
import { Bytes } from './bytes';
import * as counter from './counters';
import { Entry } from './entry';
import { Flight } from './flights';
import { Host, LOG_INFO } from './host';
import { RequestView } from './request';
import { Stream } from './stream';
import { Route } from './table';

/** What is known of an answer before it is known. */
export const UNKNOWN: u32 = 0;
/** The request goes on to the backend. */
export const LET_THROUGH: u32 = 200;
/** ms between two log lines about differences. */
const LOG_INTERVAL: u64 = 10000;
const VIA_UPSTREAM: Bytes = Bytes.from('via_upstream');
const DENIED: Bytes = Bytes.from('ext_authz_denied');
const CODE_DETAILS: Bytes = Bytes.from('response\0code_details');
const CODE: Bytes = Bytes.from('response\0code');
const NOWHERE: Bytes = new Bytes();
const AUTHORIZATION: Bytes = Bytes.from('authorization');

/**
 * Compares what this filter would do with what became of the request, where another broker decides. A response of the backend
 * means that the other broker let the request through, and what it made of the headers can be read when the stream is done.
 */
export class Shadow {
  /** ms, as coarse as the tick. */
  monotonic: u64 = 0;
  private nextLog: u64 = 0;
  private readonly request: RequestView = new RequestView();
  private readonly value: Bytes = new Bytes();

  constructor(
    private readonly host: Host,
    private readonly counters: counter.Counters,
  ) {}

  /** Remembers what the client itself sent: a broker that leaves it as it is injects nothing. */
  noteRequest(stream: Stream, request: RequestView): void {
    stream.authorization = request.find(AUTHORIZATION, this.value) ? digestOf(this.value) : 0;
  }

  /** What we would have done has become known. */
  noteOurs(stream: Stream, status: u32, entry: Entry | null, route: Route | null): void {
    stream.ours = status;
    stream.allowed = entry;
    if (route !== null) stream.route = route;
  }

  /** Compares, where both sides are known. Call it with the stream selected. */
  conclude(stream: Stream): void {
    const theirs = this.readTheirs();
    const flight = stream.flight;
    if (theirs != UNKNOWN && stream.ours == UNKNOWN && flight !== null) {
      const outcomes = flight.outcomes;
      if (outcomes === null) flight.outcomes = [theirs];
      else outcomes.push(theirs);
    } else if (theirs == UNKNOWN || stream.ours == UNKNOWN || !this.request.read(this.host)) {
      this.counters.count(counter.SHADOW_UNKNOWN);
    } else this.compare(stream, theirs);
  }

  /** Compares a decision with what was done to those who did not wait for it; their headers are gone. */
  concludeLate(flight: Flight, ours: u32): void {
    const outcomes = flight.outcomes;
    if (outcomes === null) return;
    for (let i = 0; i < outcomes.length; i++) {
      const theirs = outcomes[i];
      if (ours == UNKNOWN || (ours == LET_THROUGH && theirs == LET_THROUGH))
        this.counters.count(counter.SHADOW_UNKNOWN);
      else this.compareOutcomes(ours, theirs, flight.reference);
    }
  }

  private readTheirs(): u32 {
    if (!this.host.readProperty(CODE_DETAILS, this.value)) return UNKNOWN;
    if (this.value.same(VIA_UPSTREAM)) return LET_THROUGH;
    if (!this.value.startsWith(DENIED) || !this.host.readProperty(CODE, this.value)) return UNKNOWN;
    // CEL's integers are 64 bits wide, in the machine's order.
    return this.value.length == 8 ? load<u32>(this.value.pointer) : UNKNOWN;
  }

  private compare(stream: Stream, theirs: u32): void {
    const route = stream.route;
    const reference = route === null ? NOWHERE : route.reference;
    const ours = stream.ours;
    const comparesHeaders = ours == LET_THROUGH && theirs == LET_THROUGH;
    if (comparesHeaders && !this.setsTheSame(stream)) this.tell(counter.SHADOW_HEADERS, ours, theirs, reference);
    else if (comparesHeaders && this.keepsMore(stream)) this.tell(counter.SHADOW_KEPT, ours, theirs, reference);
    else this.compareOutcomes(ours, theirs, reference);
  }

  private compareOutcomes(ours: u32, theirs: u32, reference: Bytes): void {
    if (ours == theirs) this.counters.count(counter.SHADOW_AGREED);
    else if (ours == LET_THROUGH) this.tell(counter.SHADOW_ALLOWED_HERE, ours, theirs, reference);
    else if (theirs == LET_THROUGH) this.tell(counter.SHADOW_REFUSED_HERE, ours, theirs, reference);
    else this.tell(counter.SHADOW_STATUS, ours, theirs, reference);
  }

  /** Whether every header that we would set was set. Its value is another token, and may be any. */
  private setsTheSame(stream: Stream): bool {
    const entry = stream.allowed;
    if (entry === null) return true;
    entry.rewind();
    while (entry.nextHeader()) {
      if (load<u8>(entry.name.pointer) == COLON) continue;
      if (!this.request.find(entry.name, this.value) || this.value.length == 0) return false;
      if (entry.name.same(AUTHORIZATION) && digestOf(this.value) == stream.authorization) return false;
    }
    return true;
  }

  /** Whether the backend got a header that we would have taken away, and did not set anew. */
  private keepsMore(stream: Stream): bool {
    const route = stream.route;
    if (route === null) return false;
    for (let i = 0; i < route.strip.length; i++) {
      if (!isSetBy(stream.allowed, route.strip[i]) && this.request.find(route.strip[i], this.value)) return true;
    }
    return false;
  }

  private tell(kind: i32, ours: u32, theirs: u32, reference: Bytes): void {
    this.counters.count(kind);
    if (this.monotonic < this.nextLog) return;
    this.nextLog = this.monotonic + LOG_INTERVAL;
    const where = reference.length == 0 ? '' : ' (route ' + reference.toString().split('@')[0] + ')';
    this.host.log(LOG_INFO, 'in shadow: ' + describe(kind, ours, theirs) + where);
  }
}

function describe(kind: i32, ours: u32, theirs: u32): string {
  if (kind == counter.SHADOW_HEADERS) return 'a header that we would set was not set';
  if (kind == counter.SHADOW_KEPT) return 'the backend got a header that we would remove';
  return 'we would have ' + outcome(ours) + ', and the request was ' + outcome(theirs);
}

function outcome(status: u32): string {
  return status == LET_THROUGH ? 'let through' : 'refused with ' + status.toString();
}

function isSetBy(entry: Entry | null, name: Bytes): bool {
  if (entry === null) return false;
  entry.rewind();
  while (entry.nextHeader()) if (entry.name.same(name)) return true;
  return false;
}

/** FNV-1a: tells whether a value is still the client's own, and is never compared with anything else. Never 0. */
function digestOf(value: Bytes): u64 {
  let digest: u64 = ((<u64>0xcbf29ce4) << 32) | 0x84222325;
  for (let i: u32 = 0; i < value.length; i++) digest = (digest ^ load<u8>(value.pointer + i)) * 0x100000001b3;
  return digest == 0 ? 1 : digest;
}
