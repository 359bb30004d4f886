import { decodePairs, encodePairs, type Headers, type ModuleMemory } from './memory.ts';

const OK = 0;
const NOT_FOUND = 1;
const BAD_ARGUMENT = 2;
const REQUEST_HEADERS = 0;
const RESPONSE_HEADERS = 2;
const CALLOUT_HEADERS = 6;
const CALLOUT_BODY = 4;
const PLUGIN_CONFIGURATION = 7;

interface LocalResponse {
  readonly status: number;
  readonly details: string;
  readonly body: string;
  readonly headers: Headers;
}

export interface SimulatedStream {
  readonly id: number;
  requestHeaders: Headers;
  responseHeaders: Headers;
  /** By path, its segments joined by NUL. */
  readonly properties: Map<string, Buffer>;
  outcome: 'paused' | 'forwarded' | 'answered';
  response: LocalResponse | undefined;
}

/** Everything the simulated proxy knows. */
export interface HostState {
  readonly memory: ModuleMemory;
  readonly clock: { wall: number; monotonic: number };
  readonly shared: Map<string, Buffer>;
  vmId: string;
  configuration: Buffer;
  readonly streams: Map<number, SimulatedStream>;
  readonly roots: Set<number>;
  effective: number;
  readonly callouts: Map<number, { token: number; root: number; cluster: string; headers: Headers; timeout: number }>;
  nextToken: number;
  /** What `proxy_http_call` returns: 0, 2 (no such cluster) or 10 (no endpoints). */
  calloutResult: number;
  answerHeaders: Buffer | undefined;
  answerBody: Buffer;
  codeDetails: string;
  readonly logs: { level: number; text: string }[];
  readonly metrics: Map<string, bigint>;
  readonly metricNames: string[];
  tick: number;
}

/** The host calls that the filter imports, on a scripted state. */
export function importsFor(state: HostState): WebAssembly.Imports {
  const { memory } = state;
  const stream = () => state.streams.get(state.effective);
  const headersOf = (map: number): Headers | undefined => {
    if (map === REQUEST_HEADERS) return stream()?.requestHeaders;
    if (map === RESPONSE_HEADERS) return stream()?.responseHeaders;
    if (map === CALLOUT_HEADERS && state.answerHeaders !== undefined) return decodePairs(state.answerHeaders);
    return undefined;
  };
  const env = {
    proxy_log(level: number, pointer: number, size: number) {
      state.logs.push({ level, text: memory.text(pointer, size) });
      return OK;
    },
    proxy_get_current_time_nanoseconds(out: number) {
      memory.setU64(out, BigInt(state.clock.wall) * 1_000_000n);
      return OK;
    },
    proxy_set_tick_period_milliseconds(period: number) {
      state.tick = period;
      return OK;
    },
    proxy_set_effective_context(id: number) {
      if (!state.streams.has(id) && !state.roots.has(id)) return BAD_ARGUMENT;
      state.effective = id;
      return OK;
    },
    proxy_get_header_map_pairs(map: number, pointer: number, size: number) {
      const headers = headersOf(map);
      if (headers === undefined) memory.give(Buffer.alloc(0), pointer, size);
      else memory.give(encodePairs(headers), pointer, size);
      return OK;
    },
    proxy_get_header_map_value(map: number, name: number, length: number, pointer: number, size: number) {
      const found = headersOf(map)?.find(([key]) => key === memory.text(name, length));
      if (found === undefined) return NOT_FOUND;
      memory.give(Buffer.from(found[1], 'latin1'), pointer, size);
      return OK;
    },
    // Like Envoy, it changes the first of several and leaves the others.
    proxy_replace_header_map_value(map: number, name: number, length: number, pointer: number, size: number) {
      const headers = headersOf(map);
      if (headers === undefined) return BAD_ARGUMENT;
      const key = memory.text(name, length);
      const found = headers.find(([other]) => other === key);
      if (found === undefined) headers.push([key, memory.text(pointer, size)]);
      else found[1] = memory.text(pointer, size);
      return OK;
    },
    proxy_remove_header_map_value(_map: number, name: number, length: number) {
      const current = stream();
      if (current === undefined) return BAD_ARGUMENT;
      current.requestHeaders = current.requestHeaders.filter(([key]) => key !== memory.text(name, length));
      return OK;
    },
    proxy_continue_stream() {
      const current = stream();
      if (current === undefined) return BAD_ARGUMENT;
      current.outcome = 'forwarded';
      return OK;
    },
    proxy_send_local_response(status: number, ...rest: number[]) {
      const current = stream();
      if (current === undefined) return BAD_ARGUMENT;
      const [details = 0, detailsSize = 0, body = 0, bodySize = 0, pairs = 0, pairsSize = 0] = rest;
      current.outcome = 'answered';
      current.response = {
        status,
        details: memory.text(details, detailsSize),
        body: memory.text(body, bodySize),
        headers: decodePairs(memory.bytes(pairs, pairsSize)),
      };
      return OK;
    },
    proxy_get_property(path: number, size: number, pointer: number, length: number) {
      const name = memory.text(path, size);
      if (name === 'plugin_vm_id') memory.give(Buffer.from(state.vmId), pointer, length);
      else if (name === 'response\0code_details') memory.give(Buffer.from(state.codeDetails), pointer, length);
      else {
        const property = stream()?.properties.get(name);
        if (property === undefined) return NOT_FOUND;
        memory.give(property, pointer, length);
      }
      return OK;
    },
    proxy_set_property(path: number, size: number, pointer: number, length: number) {
      stream()?.properties.set(memory.text(path, size), memory.bytes(pointer, length));
      return OK;
    },
    proxy_get_buffer_bytes(type: number, start: number, length: number, pointer: number, size: number) {
      const buffer = type === PLUGIN_CONFIGURATION ? state.configuration : state.answerBody;
      if (type !== PLUGIN_CONFIGURATION && type !== CALLOUT_BODY) return NOT_FOUND;
      memory.give(buffer.subarray(start, start + length), pointer, size);
      return OK;
    },
    proxy_http_call(cluster: number, clusterSize: number, pairs: number, pairsSize: number, ...rest: number[]) {
      if (state.calloutResult !== 0) return state.calloutResult;
      const [, , , , timeout = 0, out = 0] = rest;
      const token = state.nextToken++;
      const headers = decodePairs(memory.bytes(pairs, pairsSize));
      const root = state.roots.has(state.effective) ? state.effective : [...state.roots].at(-1);
      state.callouts.set(token, {
        token,
        root: root ?? 0,
        cluster: memory.text(cluster, clusterSize),
        headers,
        timeout,
      });
      memory.setU32(out, token);
      return OK;
    },
    proxy_get_shared_data(key: number, keySize: number, pointer: number, size: number, cas: number) {
      const found = state.shared.get(memory.text(key, keySize));
      if (found === undefined) return NOT_FOUND;
      memory.give(found, pointer, size);
      memory.setU32(cas, 1);
      return OK;
    },
    proxy_set_shared_data(key: number, keySize: number, pointer: number, size: number) {
      state.shared.set(memory.text(key, keySize), memory.bytes(pointer, size));
      return OK;
    },
    proxy_define_metric(_type: number, name: number, size: number, out: number) {
      state.metricNames.push(memory.text(name, size));
      memory.setU32(out, state.metricNames.length - 1);
      return OK;
    },
    proxy_increment_metric(metric: number, delta: bigint) {
      const name = state.metricNames[metric] ?? '';
      state.metrics.set(name, (state.metrics.get(name) ?? 0n) + delta);
      return OK;
    },
    proxy_record_metric() {
      return OK;
    },
  };
  const clock = {
    clock_time_get(_id: number, _precision: bigint, out: number) {
      memory.setU64(out, BigInt(state.clock.monotonic) * 1_000_000n);
      return OK;
    },
  };
  return { env, wasi_snapshot_preview1: clock };
}
