import { readFileSync } from 'node:fs';
import { type HostState, importsFor, type SimulatedStream } from './imports.ts';
import { encodePairs, type Headers, ModuleMemory } from './memory.ts';

interface FilterExports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  malloc(size: number): number;
  proxy_on_context_create(context: number, root: number): void;
  proxy_on_configure(root: number, size: number): number;
  proxy_on_tick(root: number): void;
  proxy_on_request_headers(context: number, count: number, end: number): number;
  proxy_on_log?(context: number): void;
  proxy_on_response_headers?(context: number, count: number, end: number): number;
  proxy_on_http_call_response(root: number, token: number, headers: number, body: number, trailers: number): void;
  proxy_on_delete(context: number): void;
}

export interface Callout {
  readonly token: number;
  readonly cluster: string;
  readonly headers: Headers;
  readonly timeout: number;
}

/** The clock of a simulated machine, ms; all its workers share it. */
export class SimulatedClock {
  wall = 1_800_000_000_000;
  monotonic = 1_000_000;

  advance(milliseconds: number): void {
    this.wall += milliseconds;
    this.monotonic += milliseconds;
  }
}

const compiled = new Map<string, WebAssembly.Module>();

/** One worker of a simulated Envoy: the compiled filter behind a scripted proxy-wasm ABI, callback by callback. */
export class SimulatedHost {
  readonly state: HostState;
  readonly clock: SimulatedClock;
  readonly exports: FilterExports;
  #nextContext = 1;

  /**
   * @param options.shared shared data, given to several hosts that stand for workers of one Envoy
   * @param options.file the module, from the repository's root
   */
  constructor(options: { clock?: SimulatedClock; shared?: Map<string, Buffer>; vmId?: string; file?: string } = {}) {
    this.clock = options.clock ?? new SimulatedClock();
    const memory = new ModuleMemory(
      () => this.exports.memory,
      (size) => this.exports.malloc(size),
    );
    this.state = {
      memory,
      clock: this.clock,
      shared: options.shared ?? new Map(),
      vmId: options.vmId ?? 'broker',
      configuration: Buffer.alloc(0),
      streams: new Map(),
      roots: new Set(),
      effective: 0,
      callouts: new Map(),
      nextToken: 1,
      calloutResult: 0,
      answerHeaders: undefined,
      answerBody: Buffer.alloc(0),
      codeDetails: '',
      logs: [],
      metrics: new Map(),
      metricNames: [],
      tick: 0,
    };
    const instance = new WebAssembly.Instance(load(options.file ?? 'build/filter.wasm'), importsFor(this.state));
    this.exports = instance.exports as FilterExports;
    this.exports._initialize();
  }

  /** Creates a root context and configures it. Its id, or 0 when the configuration was refused. */
  configure(configuration: object | string): number {
    const text = typeof configuration === 'string' ? configuration : JSON.stringify(configuration);
    this.state.configuration = Buffer.from(text);
    const root = this.#nextContext++;
    this.state.roots.add(root);
    this.#enter(root);
    this.exports.proxy_on_context_create(root, 0);
    return this.exports.proxy_on_configure(root, this.state.configuration.length) === 1 ? root : 0;
  }

  tick(root: number): void {
    this.#enter(root);
    this.exports.proxy_on_tick(root);
  }

  /** Lets a request in. Look at the stream's `outcome` afterwards. */
  request(root: number, requestHeaders: Headers, properties: Record<string, Buffer> = {}): SimulatedStream {
    const id = this.#nextContext++;
    const stream: SimulatedStream = {
      id,
      requestHeaders,
      responseHeaders: [],
      properties: new Map(Object.entries(properties)),
      outcome: 'paused',
      response: undefined,
    };
    this.state.streams.set(id, stream);
    this.#enter(id);
    this.exports.proxy_on_context_create(id, root);
    const action = this.exports.proxy_on_request_headers(id, requestHeaders.length, 1);
    if (action === 0 && stream.response === undefined) stream.outcome = 'forwarded';
    return stream;
  }

  /** The backend's answer to a forwarded request. */
  respond(stream: SimulatedStream, status: number, codeDetails = 'via_upstream'): void {
    stream.responseHeaders = [[':status', String(status)]];
    this.state.codeDetails = codeDetails;
    this.#enter(stream.id);
    this.exports.proxy_on_response_headers?.(stream.id, 1, 1);
  }

  /** The stream is done, and logged. */
  log(stream: SimulatedStream, status: number, codeDetails: string): void {
    const code = Buffer.alloc(8);
    code.writeBigUInt64LE(BigInt(status));
    stream.properties.set('response\0code', code);
    this.state.codeDetails = codeDetails;
    this.#enter(stream.id);
    this.exports.proxy_on_log?.(stream.id);
  }

  /** The stream ends: its client went away, or it is done. */
  end(stream: SimulatedStream): void {
    this.#enter(stream.id);
    this.exports.proxy_on_delete(stream.id);
    this.state.streams.delete(stream.id);
  }

  /** Callouts that nobody has answered yet. */
  callouts(path?: string): Callout[] {
    const all = [...this.state.callouts.values()];
    return path === undefined ? all : all.filter((callout) => value(callout.headers, ':path') === path);
  }

  /** Answers a callout; without headers it is what Envoy reports for a reset. */
  answer(callout: Callout, headers: Headers | undefined, body: Uint8Array | string = ''): void {
    const root = this.state.callouts.get(callout.token)?.root;
    if (root === undefined) throw new Error(`callout ${callout.token} is not under way`);
    this.state.callouts.delete(callout.token);
    this.state.answerHeaders = headers === undefined ? undefined : encodePairs(headers);
    this.state.answerBody = Buffer.from(body);
    this.#enter(root);
    const length = this.state.answerBody.length;
    this.exports.proxy_on_http_call_response(root, callout.token, headers?.length ?? 0, length, 0);
    this.state.answerHeaders = undefined;
  }

  metric(name: string): number {
    return Number(this.state.metrics.get(`token_broker.${name}`) ?? 0n);
  }

  #enter(context: number): void {
    this.state.effective = context;
  }
}

function load(file: string): WebAssembly.Module {
  const path = new URL(`../../${file}`, import.meta.url);
  const module = compiled.get(path.href) ?? new WebAssembly.Module(readFileSync(path));
  compiled.set(path.href, module);
  return module;
}

/** The first value of a header, undefined when there is none. */
export function value(headers: Headers, name: string): string | undefined {
  return headers.find(([key]) => key === name)?.[1];
}

export type { Headers, SimulatedStream };
