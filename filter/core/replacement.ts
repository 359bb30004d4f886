import { Broker } from './broker';
import { REPLACEMENTS_SUPPRESSED } from './counters';
import { EXPIRED } from './entry';
import { Stream } from './stream';

/**
 * The backend itself answered 401 to a token that we injected: marks the entry, so that the key's next request asks control
 * for another token. At most once per interval and entry, so that neither a backend that always says 401 nor one hostile
 * caller defeats the cache for the others.
 */
export function noteUnauthorized(broker: Broker, stream: Stream): void {
  const injected = stream.injected;
  const keys = broker.source.keys;
  if (injected === null || keys === null) return;
  broker.readClocks();
  const cache = broker.cache;
  const current = cache.newest(injected.key, cache.find(injected.key, keys.hmac), keys.hmac);
  // Somebody replaced the token while this request was on its way.
  if (current === null || !current.isAllow || current.isRejected || !current.sameToken(injected)) return;
  if (current.state(cache.wall, cache.monotonic) == EXPIRED) return;
  if (current.replacedAt > 0 && cache.monotonic - current.replacedAt < broker.settings.replacementInterval) {
    broker.counters.count(REPLACEMENTS_SUPPRESSED);
    return;
  }
  current.setRejected(true, cache.monotonic, keys.hmac);
  cache.store(current, keys.hmac);
}
