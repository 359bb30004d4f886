// What both modules export, as the proxy-wasm ABI 0.2.1 names it. Only callbacks that are used: each is one more VM entry
// that a request pays for.
import { allocate } from './host/arena';
import * as plugin from './plugin';

export function proxy_abi_version_0_2_1(): void {}

export function malloc(size: usize): usize {
  return allocate(size);
}

export function proxy_on_context_create(context: u32, root: u32): void {
  plugin.createContext(context, root);
}

export function proxy_on_tick(root: u32): void {
  plugin.tick(root);
}

export function proxy_on_request_headers(context: u32, _count: u32, _endOfStream: u32): u32 {
  return plugin.requestHeaders(context);
}

export function proxy_on_http_call_response(root: u32, token: u32, _headers: u32, _body: u32, _trailers: u32): void {
  plugin.calloutAnswer(root, token);
}

export function proxy_on_delete(context: u32): void {
  plugin.deleteContext(context);
}
