import { Bytes } from './bytes';
import { Entry } from './entry';
import { HeaderList } from './headers';
import { Host } from './host';
import { correlationName, RequestView } from './request';
import { Settings } from './settings';
import { COOKIE_SOURCE, HEADER_SOURCE, PEER_SOURCE, Route } from './table';

const METHOD: Bytes = Bytes.from(':method');
const PATH: Bytes = Bytes.from(':path');
const AUTHORITY: Bytes = Bytes.from(':authority');
const POST: Bytes = Bytes.from('POST');
const DECIDE: Bytes = Bytes.from('/v1/decide');
const ROUTE: Bytes = Bytes.from('x-broker-route');
const COOKIE: Bytes = Bytes.from('x-broker-cookie');
const CLAIM: Bytes = Bytes.from('x-broker-claim');
const PEER: Bytes = Bytes.from('x-broker-peer');
const HELD: Bytes = Bytes.from('x-broker-held');
const REJECTED: Bytes = Bytes.from('x-broker-rejected');
const CONTENT_LENGTH: Bytes = Bytes.from('content-length');
const ZERO: Bytes = Bytes.from('0');

/** Asks control for a decision (docs/contract.md). */
export class Callout {
  private readonly headers: HeaderList = new HeaderList();
  /** Holds what was made for a callout until it is sent. */
  private kept: Bytes[] = [];

  constructor(
    private readonly host: Host,
    private readonly settings: Settings,
  ) {}

  /**
   * @param held the entry that is still held; its token's digest goes along, so that control knows what is to be
   * refreshed or, when the backend refused it, replaced
   * @returns the callout's token, or less than 0 when it failed at once
   */
  send(route: Route, request: RequestView, held: Entry | null): i64 {
    const headers = this.headers;
    headers.clear();
    this.kept = [];
    headers.add(METHOD, POST);
    headers.add(PATH, DECIDE);
    headers.add(AUTHORITY, this.settings.authority);
    headers.add(CONTENT_LENGTH, ZERO);
    headers.add(ROUTE, route.reference);
    for (let i = 0; i < route.inputs.length; i++) {
      if (!request.hasInput(i)) continue;
      const input = route.inputs[i];
      if (input.source == HEADER_SOURCE) headers.add(input.calloutName, request.input(i));
      else headers.add(carrierOf(input.source), this.named(input.name, request.input(i)));
    }
    if (held !== null && held.isAllow && held.hasToken) {
      const name = held.isRejected ? REJECTED : HELD;
      headers.addSpan(name.pointer, name.length, held.tokenDigest, 64);
    }
    request.collectCorrelation();
    for (let i = 0; i < request.correlation.length; i++) {
      if (request.correlation[i].pointer != 0) headers.add(correlationName(i), request.correlation[i]);
    }
    return this.host.call(this.settings.cluster, headers, this.settings.timeout);
  }

  /** `<name>=<value>`: a header's name could not carry the case of a cookie's. */
  private named(name: Bytes, value: Bytes): Bytes {
    const both = Bytes.of(new ArrayBuffer(name.length + 1 + value.length));
    memory.copy(both.pointer, name.pointer, name.length);
    store<u8>(both.pointer + name.length, 0x3d);
    memory.copy(both.pointer + name.length + 1, value.pointer, value.length);
    this.kept.push(both);
    return both;
  }
}

/** The field that carries what has a name and a value of its own. */
function carrierOf(source: u8): Bytes {
  if (source == COOKIE_SOURCE) return COOKIE;
  return source == PEER_SOURCE ? PEER : CLAIM;
}
