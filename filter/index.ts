// The whole filter: build/filter.wasm.
import * as plugin from './plugin';

export * from './callbacks';

export function proxy_on_configure(root: u32, size: u32): u32 {
  return plugin.configure(root, size, plugin.SEES_RESPONSES);
}

export function proxy_on_response_headers(context: u32, _count: u32, _endOfStream: u32): u32 {
  return plugin.responseHeaders(context);
}
