import { COLON } from './answer';
import { ByteBuffer, Bytes } from './bytes';
import { Counters } from './counters';
import { Entry } from './entry';
import { HeaderList } from './headers';
import { Host } from './host';
import { RequestView } from './request';
import { Stream } from './stream';
import { Route } from './table';

const CONTENT_TYPE: Bytes = Bytes.from('content-type');
export const PLAIN: Bytes = Bytes.from('text/plain; charset=utf-8');
const AUTHENTICATE: Bytes = Bytes.from('www-authenticate');
export const CHALLENGE: Bytes = Bytes.from('Bearer realm="token-broker"');
const RETRY_AFTER: Bytes = Bytes.from('retry-after');
const COOKIE: Bytes = Bytes.from('cookie');
const STATE_PATH: Bytes = Bytes.from('token_broker.');
const ONE: Bytes = Bytes.from('1');
const DETAILS_DECISION: Bytes = Bytes.from('token_broker_denied');
export const DETAILS_POLICY: Bytes = Bytes.from('token_broker_policy');
export const DETAILS_PATH: Bytes = Bytes.from('token_broker_path');
export const DETAILS_INPUT: Bytes = Bytes.from('token_broker_input');
export const DETAILS_UNAVAILABLE: Bytes = Bytes.from('token_broker_unavailable');
export const DETAILS_OVERLOADED: Bytes = Bytes.from('token_broker_overloaded');
export const BODY_UNAVAILABLE: Bytes = Bytes.from('token broker unavailable\n');
export const BODY_OVERLOADED: Bytes = Bytes.from('too many requests wait for the token broker\n');
// The texts that control has for the same.
export const BODY_REPEATED: Bytes = Bytes.from('header sent more than once\n');
export const BODY_UNPRINTABLE: Bytes = Bytes.from('header contains invalid characters\n');
export const BODY_AMBIGUOUS: Bytes = Bytes.from('ambiguous path\n');

/** What becomes of the selected stream's request: the one place where headers are changed and refusals are written. */
export class Responder {
  /** Whose request it is: the selected stream. */
  stream: Stream | null = null;
  private readonly headers: HeaderList = new HeaderList();
  private readonly body: Bytes = new Bytes();
  private readonly kept: ByteBuffer = new ByteBuffer();
  private readonly path: ByteBuffer = new ByteBuffer();

  constructor(
    private readonly host: Host,
    private readonly counters: Counters,
  ) {}

  /** Removes what the route strips. False when the host refuses: then the request must not go on. */
  strip(route: Route, request: RequestView): bool {
    let done = true;
    for (let i = 0; i < route.strip.length; i++) {
      if (request.countOf(route.strip[i]) > 0) done = this.host.removeRequestHeader(route.strip[i]) && done;
    }
    return route.stripCookies.length == 0 ? done : this.stripCookies(route, request) && done;
  }

  /** Writes the request's cookies anew without those that the route strips. */
  private stripCookies(route: Route, request: RequestView): bool {
    this.kept.reset();
    if (!request.dropCookies(route, this.kept)) return true;
    const done = this.host.removeRequestHeader(COOKIE);
    const kept = this.kept;
    if (kept.length == 0) return done;
    return this.host.setRequestHeader(COOKIE.pointer, COOKIE.length, kept.pointer, kept.length) && done;
  }

  /** Strips, then sets the decision's headers in place of the client's own. */
  inject(entry: Entry, route: Route, request: RequestView): bool {
    let done = this.strip(route, request);
    entry.rewind();
    while (entry.nextHeader()) {
      const name = entry.name;
      if (load<u8>(name.pointer) == COLON) {
        done = this.host.writeProperty(this.stateName(name), entry.value) && done;
        continue;
      }
      // Replacing touches only the first of several.
      if (request.countOf(name) > 1) done = this.host.removeRequestHeader(name) && done;
      done = this.host.setRequestHeader(name.pointer, name.length, entry.value.pointer, entry.value.length) && done;
    }
    return done;
  }

  /** Where Envoy keeps a string of ours: it puts `wasm.` in front. */
  private stateName(name: Bytes): Bytes {
    this.path.reset();
    this.path.appendBytes(STATE_PATH);
    this.path.append(name.pointer + 1, name.length - 1);
    return this.path;
  }

  /** Answers with control's refusal. */
  refuseWith(entry: Entry): void {
    this.headers.clear();
    entry.rewind();
    while (entry.nextHeader()) {
      this.headers.addSpan(entry.name.pointer, entry.name.length, entry.value.pointer, entry.value.length);
    }
    entry.readBody(this.body);
    this.counters.countDenial(entry.status);
    this.host.respond(entry.status, DETAILS_DECISION, this.body, this.headers);
  }

  /** Answers with a refusal of the filter's own. */
  refuse(status: u32, details: Bytes, body: Bytes): void {
    this.refuseAs(status, details, body, PLAIN, CHALLENGE);
  }

  /** Answers with a refusal that the table has. */
  refuseAs(status: u32, details: Bytes, body: Bytes, type: Bytes, challenge: Bytes): void {
    this.headers.clear();
    this.headers.add(CONTENT_TYPE, type);
    if (status == 401) this.headers.add(AUTHENTICATE, challenge);
    if (status == 503) this.headers.add(RETRY_AFTER, ONE);
    this.counters.countDenial(status);
    this.host.respond(status, details, body, this.headers);
  }
}
