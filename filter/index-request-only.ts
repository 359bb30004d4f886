// The filter without the response callback: no replacement on an upstream 401, and none of its cost.
import * as plugin from './plugin';

export * from './callbacks';

export function proxy_on_configure(root: u32, size: u32): u32 {
  return plugin.configure(root, size, plugin.SEES_REQUESTS);
}
