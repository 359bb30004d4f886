import { Bytes } from './bytes';
import { HeaderPairs } from './headers';
import { Host } from './host';
import { Input, Route } from './table';

const MAXIMUM_INPUTS = 32;
const HOST: Bytes = Bytes.from(':authority');
const PATH: Bytes = Bytes.from(':path');
const METHOD: Bytes = Bytes.from(':method');
const REQUEST_ID: Bytes = Bytes.from('x-request-id');
const TRACEPARENT: Bytes = Bytes.from('traceparent');
const TRACESTATE: Bytes = Bytes.from('tracestate');

/** The headers of the request at hand, read from the host in one call. One view is reused for every request. */
export class RequestView {
  readonly host: Bytes = new Bytes();
  readonly path: Bytes = new Bytes();
  readonly method: Bytes = new Bytes();
  /** Headers that only correlate: sent along with a callout where present, never part of a decision. */
  readonly correlation: StaticArray<Bytes> = [new Bytes(), new Bytes(), new Bytes()];
  private readonly pairs: HeaderPairs = new HeaderPairs();
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
  collectInputs(route: Route): void {
    const inputs = route.inputs;
    for (let i = 0; i < inputs.length; i++) this.counts[i] = 0;
    this.pairs.rewind();
    while (this.pairs.next()) {
      const name = this.pairs.name;
      for (let i = 0; i < inputs.length; i++) {
        if (!inputs[i].name.same(name)) continue;
        this.counts[i]++;
        this.values[i].set(this.pairs.value.pointer, this.pairs.value.length);
      }
    }
  }

  /** The first input that cannot be sent: it came twice, or is too long. */
  unusableInput(route: Route): Input | null {
    for (let i = 0; i < route.inputs.length; i++) {
      if (this.counts[i] > 1) return route.inputs[i];
      if (this.counts[i] == 1 && this.values[i].length > route.inputs[i].maximumBytes) return route.inputs[i];
    }
    return null;
  }

  hasInput(index: i32): bool {
    return this.counts[index] == 1;
  }

  input(index: i32): Bytes {
    return this.values[index];
  }

  countOf(name: Bytes): u32 {
    let count: u32 = 0;
    this.pairs.rewind();
    while (this.pairs.next()) if (this.pairs.name.same(name)) count++;
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

export function correlationName(index: i32): Bytes {
  return index == 0 ? REQUEST_ID : index == 1 ? TRACEPARENT : TRACESTATE;
}
