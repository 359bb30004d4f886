/** Envoy's `path_prefix` or Envoy Gateway's `path`; the request's own path follows it. */
export const CHECK_PATH = '/check';

/**
 * Sends all of `/check/*` to one route, whatever follows: a router would decode it, and refuse what it cannot decode,
 * while the path is the request's own and only matched.
 */
export function rewriteCheckUrl({ url = '/' }: { readonly url?: string | undefined }): string {
  return /^\/check(?:[/?]|$)/.test(url) ? CHECK_PATH : url;
}
