import type { Api, Failure, Opened } from '../cluster/api.ts';
import { pathOf, queryOf, type Selection } from './selection.ts';

/** ms by which the server may be late to end a watch before it is ended here. */
const GRACE = 10_000;

/**
 * Begins to watch the selected objects.
 *
 * @param version from where on
 * @param duration ms after which the server ends it
 * @param signal ends it earlier, as `end` does
 */
export async function openWatch(
  api: Api,
  selection: Selection,
  version: string,
  duration: number,
  signal: AbortSignal,
): Promise<{ opened: Opened | Failure; end: () => void }> {
  const query = queryOf(selection);
  query.set('watch', 'true');
  // They move the version on while nothing changes, so that it does not grow too old.
  query.set('allowWatchBookmarks', 'true');
  query.set('resourceVersion', version);
  query.set('timeoutSeconds', `${Math.max(1, Math.ceil(duration / 1000))}`);
  const ending = new AbortController();
  // A connection whose other side has vanished would last for ever.
  const limit = AbortSignal.timeout(Math.ceil(duration) + GRACE);
  const opened = await api.open({
    method: 'GET',
    path: pathOf(selection),
    query,
    signal: AbortSignal.any([signal, ending.signal, limit]),
  });
  return { opened, end: () => ending.abort() };
}
