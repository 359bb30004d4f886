// A module that does nothing but be called with each request: what any filter in Wasm costs at the least.
export function proxy_abi_version_0_2_1(): void {}

export function malloc(_size: usize): usize {
  return 0;
}

export function proxy_on_context_create(_context: u32, _root: u32): void {}

export function proxy_on_configure(_root: u32, _size: u32): u32 {
  return 1;
}

export function proxy_on_request_headers(_context: u32, _count: u32, _endOfStream: u32): u32 {
  return 0;
}
