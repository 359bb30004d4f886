import * as abi from '@gcoredev/proxy-wasm-sdk-as/assembly/imports';

const LOG_CRITICAL: u32 = 5;

/** What the compiler calls before a trap. It names the place; message texts could hold request data and are left out. */
export function abort(_message: string | null, fileName: string | null, line: u32, _column: u32): void {
  const text = 'the filter stops at ' + (fileName === null ? '?' : fileName) + ':' + line.toString();
  const encoded = String.UTF8.encode(text);
  abi.proxy_log(LOG_CRITICAL, changetype<usize>(encoded), encoded.byteLength);
  unreachable();
}
