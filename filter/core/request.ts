import { ByteBuffer, Bytes, isOneOf } from './bytes';
import { CookiePairs } from './cookies';
import { HeaderPairs } from './headers';
import { Host } from './host';
import { COOKIE_SOURCE, HEADER_SOURCE, Input, OPTIONS_PASS, Route } from './table';

export const TOO_LONG: u8 = 0;
export const REPEATED: u8 = 1;
/** It would break a message apart. */
export const UNPRINTABLE: u8 = 2;
const MAXIMUM_INPUTS = 32;
const HOST: Bytes = Bytes.from(':authority');
const PATH: Bytes = Bytes.from(':path');
const METHOD: Bytes = Bytes.from(':method');
const REQUEST_ID: Bytes = Bytes.from('x-request-id');
const TRACEPARENT: Bytes = Bytes.from('traceparent');
const TRACESTATE: Bytes = Bytes.from('tracestate');
const COOKIE: Bytes = Bytes.from('cookie');
const SEPARATOR: Bytes = Bytes.from('; ');
const OPTIONS: Bytes = Bytes.from('OPTIONS');
const ORIGIN: Bytes = Bytes.from('origin');
const REQUEST_METHOD: Bytes = Bytes.from('access-control-request-method');

/** The headers of the request at hand, read from the host in one call. One view is reused for every request. */
export class RequestView {
  readonly host: Bytes = new Bytes();
  readonly path: Bytes = new Bytes();
  readonly method: Bytes = new Bytes();
  /** Headers that only correlate: sent along with a callout where present, never part of a decision. */
  readonly correlation: StaticArray<Bytes> = [new Bytes(), new Bytes(), new Bytes()];
  /** What is wrong with the input that {@link unusableInput} found. */
  problem: u8 = TOO_LONG;
  private readonly pairs: HeaderPairs = new HeaderPairs();
  private readonly cookies: CookiePairs = new CookiePairs();
  private readonly values: StaticArray<Bytes> = new StaticArray<Bytes>(MAXIMUM_INPUTS);
  private readonly counts: StaticArray<u32> = new StaticArray<u32>(MAXIMUM_INPUTS);

  constructor() {
    for (let i = 0; i < MAXIMUM_INPUTS; i++) this.values[i] = new Bytes();
  }

  /** False when the host gives no headers or a malformed block: then nothing is known of the request. */
  read(host: Host): bool {
    this.host.set(0, 0);
    this.path.set(0, 0);
    this.method.set(0, 0);
    if (!host.readRequestHeaders(this.pairs)) return false;
    while (this.pairs.next()) {
      const name = this.pairs.name;
      const value = this.pairs.value;
      if (load<u8>(name.pointer) != 0x3a) continue;
      if (name.same(PATH)) this.path.set(value.pointer, value.length);
      else if (name.same(HOST)) this.host.set(value.pointer, value.length);
      else if (name.same(METHOD)) this.method.set(value.pointer, value.length);
    }
    return this.pairs.exhausted();
  }

  /** Finds the values of the route's key inputs. */
  collectInputs(route: Route, host: Host): void {
    const inputs = route.inputs;
    for (let i = 0; i < inputs.length; i++) {
      this.counts[i] = !inputs[i].isInHeaders && host.readProperty(inputs[i].property, this.values[i]) ? 1 : 0;
      // Without a certificate Envoy gives an empty text.
      if (this.counts[i] == 1 && this.values[i].length == 0) this.counts[i] = 0;
    }
    for (let i = 0; i < inputs.length; i++) {
      const source = inputs[i].source;
      const name = inputs[i].name;
      if (source == HEADER_SOURCE) {
        this.pairs.rewind();
        while (this.pairs.nextOf(name)) this.take(i, this.pairs.value);
      } else if (source == COOKIE_SOURCE) {
        this.pairs.rewind();
        while (this.pairs.nextOf(COOKIE)) this.takeCookies(i, name);
      }
    }
  }

  private take(index: i32, value: Bytes): void {
    this.counts[index]++;
    this.values[index].set(value.pointer, value.length);
  }

  private takeCookies(index: i32, name: Bytes): void {
    this.cookies.begin(this.pairs.value);
    while (this.cookies.next()) if (this.cookies.name.same(name)) this.take(index, this.cookies.value);
  }

  /** The first input that cannot be sent; {@link problem} says why. */
  unusableInput(route: Route): Input | null {
    for (let i = 0; i < route.inputs.length; i++) {
      const input = route.inputs[i];
      this.problem = REPEATED;
      if (this.counts[i] > 1) return input;
      if (this.counts[i] == 0) continue;
      this.problem = TOO_LONG;
      if (this.values[i].length > input.maximumBytes) return input;
      this.problem = UNPRINTABLE;
      // Envoy checked the headers. A claim may be a number, which the host gives as the bytes of a double.
      if (!input.isInHeaders && !isPrintable(this.values[i])) return input;
    }
    return null;
  }

  /** An OPTIONS request that shows no credentials, and that the route lets through. Call it when inputs are collected. */
  isExempt(route: Route): bool {
    if (!this.method.same(OPTIONS)) return false;
    for (let i = 0; i < route.inputs.length; i++) if (route.inputs[i].isInHeaders && this.counts[i] > 0) return false;
    // The Fetch Standard's CORS preflight.
    return route.options == OPTIONS_PASS || (this.countOf(ORIGIN) > 0 && this.countOf(REQUEST_METHOD) > 0);
  }

  hasInput(index: i32): bool {
    return this.counts[index] == 1;
  }

  input(index: i32): Bytes {
    return this.values[index];
  }

  /** Appends the cookies that the route does not strip, as one field; false when there is nothing to strip. */
  dropCookies(route: Route, kept: ByteBuffer): bool {
    let dropped = false;
    this.pairs.rewind();
    while (this.pairs.nextOf(COOKIE)) {
      this.cookies.begin(this.pairs.value);
      while (this.cookies.next()) {
        if (isOneOf(this.cookies.name, route.stripCookies)) {
          dropped = true;
          continue;
        }
        if (kept.length > 0) kept.appendBytes(SEPARATOR);
        kept.appendBytes(this.cookies.pair);
      }
    }
    return dropped;
  }

  /** The first value of a header. */
  find(name: Bytes, into: Bytes): bool {
    this.pairs.rewind();
    if (!this.pairs.nextOf(name)) return false;
    into.set(this.pairs.value.pointer, this.pairs.value.length);
    return true;
  }

  countOf(name: Bytes): u32 {
    let count: u32 = 0;
    this.pairs.rewind();
    while (this.pairs.nextOf(name)) count++;
    return count;
  }

  collectCorrelation(): void {
    for (let i = 0; i < 3; i++) this.correlation[i].set(0, 0);
    this.pairs.rewind();
    while (this.pairs.next()) {
      for (let i = 0; i < 3; i++) {
        if (this.pairs.name.same(correlationName(i)))
          this.correlation[i].set(this.pairs.value.pointer, this.pairs.value.length);
      }
    }
  }
}

function isPrintable(value: Bytes): bool {
  for (let i: u32 = 0; i < value.length; i++) {
    const c = load<u8>(value.pointer + i);
    if (c < 0x20 || c == 0x7f) return false;
  }
  return true;
}

export function correlationName(index: i32): Bytes {
  return index == 0 ? REQUEST_ID : index == 1 ? TRACEPARENT : TRACESTATE;
}
