import * as abi from '@gcoredev/proxy-wasm-sdk-as/assembly/imports';
import { Bytes } from '../core/bytes';
import { HeaderList, HeaderPairs } from '../core/headers';
import { Host } from '../core/host';
import { allocate } from './arena';
import { monotonicNanoseconds } from './clock';

const OK: u32 = 0;
const REQUEST_HEADERS: i32 = 0;
const RESPONSE_HEADERS: i32 = 2;
const CALLOUT_HEADERS: i32 = 6;
const CALLOUT_BODY: i32 = 4;
const PLUGIN_CONFIGURATION: i32 = 7;
const REQUEST_STREAM: i32 = 0;
const NO_GRPC_STATUS: u32 = 0xffffffff;

const OUT: usize = memory.data(16, 8);
const STATUS: Bytes = Bytes.from(':status');
const UNAUTHORIZED: Bytes = Bytes.from('401');
const CODE_DETAILS: Bytes = Bytes.from('response\0code_details');
const VIA_UPSTREAM: Bytes = Bytes.from('via_upstream');

const read = new Bytes();

/** The proxy-wasm ABI 0.2.1, as Envoy serves it. What it hands over lies in the arena until the callback returns. */
export class EnvoyHost extends Host {
  wallTime(): u64 {
    abi.proxy_get_current_time_nanoseconds(OUT);
    return load<u64>(OUT) / 1000000;
  }

  monotonicTime(): u64 {
    return monotonicNanoseconds() / 1000000;
  }

  log(level: u32, message: string): void {
    const text = String.UTF8.encode('token broker: ' + message);
    abi.proxy_log(level, changetype<usize>(text), text.byteLength);
  }

  selectContext(id: u32): bool {
    return abi.proxy_set_effective_context(id) == OK;
  }

  readRequestHeaders(into: HeaderPairs): bool {
    return this.readPairs(REQUEST_HEADERS, into);
  }

  readAnswerHeaders(into: HeaderPairs): bool {
    return this.readPairs(CALLOUT_HEADERS, into);
  }

  private readPairs(map: i32, into: HeaderPairs): bool {
    if (abi.proxy_get_header_map_pairs(map, OUT, OUT + 4) != OK) return false;
    return into.load(load<usize>(OUT), load<u32>(OUT, 4));
  }

  setRequestHeader(name: usize, nameLength: u32, value: usize, valueLength: u32): bool {
    return abi.proxy_replace_header_map_value(REQUEST_HEADERS, name, nameLength, value, valueLength) == OK;
  }

  removeRequestHeader(name: Bytes): bool {
    return abi.proxy_remove_header_map_value(REQUEST_HEADERS, name.pointer, name.length) == OK;
  }

  readProperty(path: Bytes, into: Bytes): bool {
    if (abi.proxy_get_property(path.pointer, path.length, OUT, OUT + 4) != OK) return false;
    into.set(load<usize>(OUT), load<u32>(OUT, 4));
    return true;
  }

  writeProperty(path: Bytes, value: Bytes): bool {
    return abi.proxy_set_property(path.pointer, path.length, value.pointer, value.length) == OK;
  }

  continueRequest(): bool {
    return abi.proxy_continue_stream(REQUEST_STREAM) == OK;
  }

  respond(status: u32, details: Bytes, body: Bytes, headers: HeaderList): bool {
    const size = headers.size();
    const pairs = allocate(size);
    headers.encode(pairs);
    return (
      abi.proxy_send_local_response(
        status,
        details.pointer,
        details.length,
        body.pointer,
        body.length,
        pairs,
        size,
        NO_GRPC_STATUS,
      ) == OK
    );
  }

  isBackendUnauthorized(): bool {
    if (abi.proxy_get_header_map_value(RESPONSE_HEADERS, STATUS.pointer, STATUS.length, OUT, OUT + 4) != OK)
      return false;
    if (!UNAUTHORIZED.equals(load<usize>(OUT), load<u32>(OUT, 4))) return false;
    return this.readProperty(CODE_DETAILS, read) && read.same(VIA_UPSTREAM);
  }

  call(cluster: Bytes, headers: HeaderList, timeout: u32): i64 {
    const size = headers.size();
    const pairs = allocate(size);
    headers.encode(pairs);
    const result = abi.proxy_http_call(cluster.pointer, cluster.length, pairs, size, 0, 0, 0, 0, timeout, OUT);
    return result == OK ? <i64>load<u32>(OUT) : -1;
  }

  readAnswerBody(into: Bytes, most: u32): bool {
    into.set(0, 0);
    if (abi.proxy_get_buffer_bytes(CALLOUT_BODY, 0, most + 1, OUT, OUT + 4) != OK) return false;
    into.set(load<usize>(OUT), load<u32>(OUT, 4));
    return true;
  }

  readShared(key: Bytes, into: Bytes): bool {
    if (abi.proxy_get_shared_data(key.pointer, key.length, OUT, OUT + 4, OUT + 8) != OK) return false;
    into.set(load<usize>(OUT), load<u32>(OUT, 4));
    return true;
  }

  writeShared(key: Bytes, pointer: usize, length: u32): bool {
    // 0: without comparing. Slots are overwritten whole, and an entry proves itself.
    return abi.proxy_set_shared_data(key.pointer, key.length, pointer, length, 0) == OK;
  }

  defineMetric(type: u32, name: string): u32 {
    const encoded = Bytes.from(name);
    abi.proxy_define_metric(type, encoded.pointer, encoded.length, OUT);
    return load<u32>(OUT);
  }

  addToMetric(metric: u32, delta: i64): void {
    abi.proxy_increment_metric(metric, delta);
  }

  recordMetric(metric: u32, value: u64): void {
    abi.proxy_record_metric(metric, value);
  }
}

/** The plugin's configuration as text; empty when there is none. */
export function readPluginConfiguration(size: u32): string {
  if (size == 0 || abi.proxy_get_buffer_bytes(PLUGIN_CONFIGURATION, 0, size, OUT, OUT + 4) != OK) return '';
  return String.UTF8.decodeUnsafe(load<usize>(OUT), load<u32>(OUT, 4));
}

/** True when the VM has no id of its own, and so shares its data with every other plugin that has none. */
export function isVmShared(host: EnvoyHost): bool {
  return !host.readProperty(Bytes.from('plugin_vm_id'), read) || read.length == 0;
}

export function setTick(milliseconds: u32): void {
  abi.proxy_set_tick_period_milliseconds(milliseconds);
}
