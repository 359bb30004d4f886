// The filter that only watches: it decides, changes nothing, and counts how that differs from what another broker did.
import * as plugin from './plugin';

export * from './callbacks';

export function proxy_on_configure(root: u32, size: u32): u32 {
  return plugin.configure(root, size, plugin.WATCHES);
}

export function proxy_on_log(context: u32): void {
  plugin.log(context);
}
