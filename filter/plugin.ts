import { Broker, FORWARD } from './core/broker';
import { Counters } from './core/counters';
import { LOG_ERROR, LOG_INFO } from './core/host';
import { noteUnauthorized } from './core/replacement';
import { AUTOMATIC, Settings } from './core/settings';
import { StreamTable } from './core/stream';
import './host/abort';
import { resetArena } from './host/arena';
import { EnvoyHost, isVmShared, readPluginConfiguration, setTick } from './host/envoy';

const CONTINUE: u32 = 0;
const PAUSE: u32 = 1;
// What the builds are for.
export const SEES_RESPONSES: u8 = 0;
export const SEES_REQUESTS: u8 = 1;
export const WATCHES: u8 = 2;
/** ms: how exact the coarse clock is, and how often counters reach the host. */
const TICK: u32 = 100;

const host = new EnvoyHost();
const streams = new StreamTable();
// One VM may hold several plugin configurations, each with a root context of its own.
const brokers = new Map<u32, Broker>();
// The root that was asked for last: most VMs have but one.
let lastRoot: u32 = 0;
let lastBroker: Broker | null = null;
let counters: Counters | null = null;

export function createContext(id: u32, root: u32): void {
  if (root != 0) streams.add(id, root);
}

export function deleteContext(id: u32): void {
  const stream = streams.find(id);
  if (stream === null) {
    brokers.delete(id);
    lastBroker = null;
    return;
  }
  const broker = brokerOf(stream.root);
  if (broker !== null) broker.onStreamGone(stream);
  streams.remove(id);
}

/** @returns 1 when the configuration is sound; 0 makes Envoy refuse the plugin */
export function configure(root: u32, size: u32, build: u8): u32 {
  resetArena();
  const text = readPluginConfiguration(size);
  // Envoy may configure a root context again with what it has; requests that are paused there must not be forgotten.
  const existing = brokerOf(root);
  if (existing !== null && existing.settings.text == text) return 1;
  const settings = Settings.parse(text);
  if (build != SEES_RESPONSES) {
    if (settings.replaceOnUnauthorized && settings.replacementIsExplicit) {
      settings.error = 'replaceOnUnauthorized: this build does not see responses; use filter.wasm, or set it to false';
    }
    settings.replaceOnUnauthorized = false;
  }
  settings.isShadow = build == WATCHES;
  if (settings.error.length > 0) {
    host.log(LOG_ERROR, 'bad plugin configuration: ' + settings.error);
    return 0;
  }
  let shared = counters;
  if (shared === null) {
    shared = new Counters(host, build == WATCHES);
    counters = shared;
  }
  const vmIsShared = isVmShared(host);
  const usesShared = settings.sharedCache == AUTOMATIC ? !vmIsShared : settings.sharedCache == 1;
  if (settings.sharedCache == AUTOMATIC && vmIsShared) {
    host.log(LOG_INFO, 'vm_id is empty, so each worker keeps its own cache; set "sharedCache": true to share it');
  }
  brokers.set(root, new Broker(root, host, settings, shared, usesShared));
  lastBroker = null;
  setTick(TICK);
  return 1;
}

export function tick(root: u32): void {
  resetArena();
  const broker = brokerOf(root);
  if (broker !== null) broker.onTick();
}

export function requestHeaders(id: u32): u32 {
  resetArena();
  const stream = streams.find(id);
  // Without a stream or a broker nothing may pass; the stream's own timeout ends it.
  if (stream === null) return PAUSE;
  const broker = brokerOf(stream.root);
  if (broker === null) return PAUSE;
  return broker.admit(stream) == FORWARD ? CONTINUE : PAUSE;
}

export function responseHeaders(id: u32): u32 {
  const stream = streams.find(id);
  if (stream === null || stream.injected === null) return CONTINUE;
  resetArena();
  const broker = brokerOf(stream.root);
  if (broker !== null && host.isBackendUnauthorized()) noteUnauthorized(broker, stream);
  return CONTINUE;
}

/** The stream is done: what became of its request can be read. */
export function log(id: u32): void {
  const stream = streams.find(id);
  if (stream === null) return;
  resetArena();
  const broker = brokerOf(stream.root);
  if (broker !== null) broker.onDone(stream);
}

export function calloutAnswer(root: u32, token: u32): void {
  resetArena();
  const broker = brokerOf(root);
  if (broker !== null) broker.onAnswer(token);
}

function brokerOf(root: u32): Broker | null {
  if (lastBroker === null || root != lastRoot) {
    lastRoot = root;
    lastBroker = brokers.has(root) ? brokers.get(root) : null;
  }
  return lastBroker;
}
