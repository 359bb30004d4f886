import { Bytes, isDigest, isOneOf, parseDecimal } from './bytes';
import { Freshness } from './cache-control';
import { ALLOW, DENIED, EntryBuilder } from './entry';
import { HeaderPairs } from './headers';
import { Host } from './host';
import { isName } from './table';

export const ALLOWED: u8 = 0;
export const REFUSED: u8 = 1;
export const UNKNOWN_ROUTE: u8 = 2;
/** No answer that can be believed. */
export const FAILED: u8 = 3;

export const COLON: u8 = 0x3a;
const MAXIMUM_BODY: u32 = 16384;
const STATUS: Bytes = Bytes.from(':status');
const DECISION: Bytes = Bytes.from('x-broker-decision');
const ROUTE: Bytes = Bytes.from('x-broker-route');
const REVISION: Bytes = Bytes.from('x-broker-revision');
const TOKEN_DIGEST: Bytes = Bytes.from('x-broker-token-digest');
const CACHE_CONTROL: Bytes = Bytes.from('token-broker-cache-control');
const INJECT: Bytes = Bytes.from('x-inject-');
const STATE: Bytes = Bytes.from('x-broker-state-');
const PASSED_ON: StaticArray<Bytes> = [
  Bytes.from('content-type'),
  Bytes.from('www-authenticate'),
  Bytes.from('retry-after'),
];
const WORD_ALLOW: Bytes = Bytes.from('allow');
const WORD_DENY: Bytes = Bytes.from('deny');
const WORD_UNKNOWN: Bytes = Bytes.from('unknown-route');
// Control refuses these when it compiles policy; a header that frames or routes the request is never taken from an answer.
const NEVER_INJECTED: StaticArray<Bytes> = [
  Bytes.from('host'),
  Bytes.from('connection'),
  Bytes.from('content-length'),
  Bytes.from('transfer-encoding'),
  Bytes.from('te'),
  Bytes.from('upgrade'),
  Bytes.from('keep-alive'),
  Bytes.from('proxy-connection'),
];

/** Reads control's answer to a decision (docs/contract.md). One is reused for every answer. */
export class Answer {
  outcome: u8 = FAILED;
  /** True when there was an answer, but not one of the contract. */
  malformed: bool = false;
  readonly freshness: Freshness = new Freshness();
  readonly revision: Bytes = new Bytes();
  readonly builder: EntryBuilder = new EntryBuilder();
  status: u32 = 0;
  private readonly pairs: HeaderPairs = new HeaderPairs();
  private readonly body: Bytes = new Bytes();
  private readonly decision: Bytes = new Bytes();
  private readonly route: Bytes = new Bytes();
  private readonly token: Bytes = new Bytes();
  private readonly cacheControl: Bytes = new Bytes();

  /** @param reference the route asked for */
  read(host: Host, reference: Bytes): void {
    this.outcome = FAILED;
    this.malformed = false;
    this.status = 0;
    this.freshness.reset();
    this.revision.set(0, 0);
    this.decision.set(0, 0);
    this.route.set(0, 0);
    this.token.set(0, 0);
    this.cacheControl.set(0, 0);
    // The host reports a reset or a timeout of its own by an answer without headers.
    if (!host.readAnswerHeaders(this.pairs) || this.pairs.count == 0) return;
    if (!this.readFields()) {
      this.malformed = true;
      return;
    }
    // Envoy answers for a cluster that is down or slow.
    const unavailable = this.decision.length == 0 && this.status >= 502 && this.status <= 504;
    if (unavailable) return;
    this.malformed = !this.judge(host, reference);
    if (this.malformed) this.outcome = FAILED;
  }

  private readFields(): bool {
    while (this.pairs.next()) {
      const name = this.pairs.name;
      const value = this.pairs.value;
      if (name.same(STATUS)) this.status = <u32>max<i64>(0, parseDecimal(value.pointer, value.length));
      else if (name.same(DECISION)) {
        if (!takeOnce(this.decision, value)) return false;
      } else if (name.same(ROUTE)) {
        if (!takeOnce(this.route, value)) return false;
      } else if (name.same(TOKEN_DIGEST)) {
        if (!takeOnce(this.token, value)) return false;
      } else if (name.same(CACHE_CONTROL)) {
        if (!takeOnce(this.cacheControl, value)) return false;
      } else if (name.same(REVISION)) this.revision.set(value.pointer, value.length);
    }
    return this.pairs.exhausted();
  }

  private judge(host: Host, reference: Bytes): bool {
    if (!this.route.same(reference)) return false;
    if (!this.freshness.parse(this.cacheControl.pointer, this.cacheControl.length)) return false;
    if (this.decision.same(WORD_UNKNOWN)) {
      this.outcome = UNKNOWN_ROUTE;
      return this.status == 409;
    }
    if (this.decision.same(WORD_ALLOW)) {
      this.outcome = ALLOWED;
      return this.status == 200 && this.readAllow();
    }
    this.outcome = REFUSED;
    return this.decision.same(WORD_DENY) && this.status >= 400 && this.status <= 599 && this.readDeny(host);
  }

  private readAllow(): bool {
    this.builder.begin(ALLOW, 0);
    if (this.token.length > 0) {
      if (!isDigest(this.token.pointer, this.token.length)) return false;
      this.builder.setTokenDigest(this.token.pointer);
    }
    this.pairs.rewind();
    const injected = new Bytes();
    while (this.pairs.next()) {
      const name = this.pairs.name;
      if (name.startsWith(INJECT)) {
        injected.set(name.pointer + INJECT.length, name.length - INJECT.length);
        if (!isName(injected) || isOneOf(injected, NEVER_INJECTED)) return false;
      } else if (name.startsWith(STATE)) {
        // Kept with a colon in front, which no header's name has.
        injected.set(name.pointer + STATE.length - 1, name.length - STATE.length + 1);
        store<u8>(injected.pointer, COLON);
        if (injected.length == 1) return false;
      } else continue;
      if (!isValue(this.pairs.value) || this.builder.hasHeader(injected)) return false;
      if (!this.builder.addHeader(injected.pointer, injected.length, this.pairs.value.pointer, this.pairs.value.length))
        return false;
    }
    return true;
  }

  private readDeny(host: Host): bool {
    this.builder.begin(DENIED, this.status);
    this.pairs.rewind();
    while (this.pairs.next()) {
      const name = this.pairs.name;
      const value = this.pairs.value;
      if (!isOneOf(name, PASSED_ON)) continue;
      if (!isValue(value) || !this.builder.addHeader(name.pointer, name.length, value.pointer, value.length))
        return false;
    }
    if (!host.readAnswerBody(this.body, MAXIMUM_BODY) || this.body.length > MAXIMUM_BODY) return false;
    this.builder.setBody(this.body);
    return true;
  }
}

function takeOnce(field: Bytes, value: Bytes): bool {
  if (field.pointer != 0) return false;
  field.set(value.pointer, value.length);
  return true;
}

/** A field value without the bytes that would break a message apart (RFC 9110 section 5.5). */
function isValue(value: Bytes): bool {
  for (let i: u32 = 0; i < value.length; i++) {
    const c = load<u8>(value.pointer + i);
    if ((c < 0x20 && c != 0x09) || c == 0x7f) return false;
  }
  return true;
}
