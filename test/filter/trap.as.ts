// The filter with a planted trap, for one test: a request with the header x-plant-trap kills the VM.
import { proxy_get_header_map_value } from '@gcoredev/proxy-wasm-sdk-as/assembly/imports';
import { Bytes } from '../../filter/core/bytes';
import * as plugin from '../../filter/plugin';

export {
  malloc,
  proxy_abi_version_0_2_1,
  proxy_on_configure,
  proxy_on_context_create,
  proxy_on_delete,
  proxy_on_http_call_response,
  proxy_on_response_headers,
  proxy_on_tick,
} from '../../filter/index';

const REQUEST_HEADERS: i32 = 0;
const HEADER: Bytes = Bytes.from('x-plant-trap');
const OUT: usize = memory.data(8, 8);

export function proxy_on_request_headers(context: u32, _count: u32, _endOfStream: u32): u32 {
  if (proxy_get_header_map_value(REQUEST_HEADERS, HEADER.pointer, HEADER.length, OUT, OUT + 4) == 0) unreachable();
  return plugin.requestHeaders(context);
}
