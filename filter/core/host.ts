import { Bytes } from './bytes';
import { HeaderList, HeaderPairs } from './headers';

export const LOG_INFO: u32 = 2;
export const LOG_WARN: u32 = 3;
export const LOG_ERROR: u32 = 4;

export const COUNTER: u32 = 0;
export const GAUGE: u32 = 1;
export const HISTOGRAM: u32 = 2;

/** What the core asks of the proxy. What it reads stays valid until the callback that is under way returns. */
export abstract class Host {
  /** Wall clock, ms since the epoch. */
  abstract wallTime(): u64;
  /** A clock that never steps back, ms from an arbitrary start. */
  abstract monotonicTime(): u64;
  abstract log(level: u32, message: string): void;

  /** Makes the calls below act on a stream or a root context. False when it is gone; the former one then stays. */
  abstract selectContext(id: u32): bool;
  abstract readRequestHeaders(into: HeaderPairs): bool;
  abstract setRequestHeader(name: usize, nameLength: u32, value: usize, valueLength: u32): bool;
  abstract removeRequestHeader(name: Bytes): bool;
  /** A property of the selected stream as the proxy gives it. False when there is none. `path`: segments joined by NUL. */
  abstract readProperty(path: Bytes, into: Bytes): bool;
  /** Puts a string where later filters find it. `path`: segments joined by NUL. */
  abstract writeProperty(path: Bytes, value: Bytes): bool;
  abstract continueRequest(): bool;
  /** Answers the client; the request goes no further. `details` shows in access logs as the response code details. */
  abstract respond(status: u32, details: Bytes, body: Bytes, headers: HeaderList): bool;
  /** True when the response's status is 401 and comes from the backend itself. */
  abstract isBackendUnauthorized(): bool;

  /** Sends a bodiless request. The callout's token, or less than 0 when it failed at once. */
  abstract call(cluster: Bytes, headers: HeaderList, timeout: u32): i64;
  abstract readAnswerHeaders(into: HeaderPairs): bool;
  /** @param most bytes read at the most; a longer body is reported with its length cut to `most` + 1 */
  abstract readAnswerBody(into: Bytes, most: u32): bool;

  /** False when there is no such key. */
  abstract readShared(key: Bytes, into: Bytes): bool;
  abstract writeShared(key: Bytes, pointer: usize, length: u32): bool;

  abstract defineMetric(type: u32, name: string): u32;
  abstract addToMetric(metric: u32, delta: i64): void;
  abstract recordMetric(metric: u32, value: u64): void;
}
