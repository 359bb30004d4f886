import { instantiateSync } from '@assemblyscript/loader';

/** The filter's own matcher, compiled from the same sources for this side. */
interface MatcherExports extends Record<string, unknown> {
  loadTable(table: number): number;
  matchRoute(host: number, path: number, method: number): number;
}

/** What {@link Match} gives for a path whose readings lead to different routes. */
export const AMBIGUOUS_PATH = -2;

/**
 * Finds the route of a request.
 *
 * @param host the authority as the request has it, port and all
 * @param path the path as the request has it, query and all
 * @returns the route's index in the table, -1, or {@link AMBIGUOUS_PATH}
 */
export type Match = (host: string, path: string, method: string) => number;

/** Longer ones match nothing that a policy can say, and must not fill the matcher's memory. */
const MAXIMUM_CHARACTERS = 65_536;

/**
 * Loads the compiled matcher with a table, so that control and the filter can never disagree on a request's route.
 *
 * @param wasm the matcher's code
 * @param table an encoded route table
 * @throws Error when the matcher refuses the table
 */
export function createMatcher(wasm: Uint8Array<ArrayBuffer>, table: Buffer): Match {
  const { exports } = instantiateSync<MatcherExports>(wasm);
  const { __newArrayBuffer, __pin, __unpin } = exports;

  /** Bytes in the matcher's memory; pinned, because the next allocation may collect what nothing there refers to. */
  const withBytes = (values: readonly Buffer[], use: (pointers: readonly number[]) => number): number => {
    const pointers = values.map((value) => __pin(__newArrayBuffer(new Uint8Array(value).buffer)));
    try {
      return use(pointers);
    } finally {
      pointers.forEach(__unpin);
    }
  };

  const refused = withBytes([table], ([pointer = 0]) => exports.loadTable(pointer));
  if (refused !== 0) {
    throw new Error(`the matcher refused the route table (code ${refused}); build both from the same sources`);
  }
  return (host, path, method) => {
    const values = [host, path, method].map((text) => Buffer.from(text.slice(0, MAXIMUM_CHARACTERS), 'latin1'));
    return withBytes(values, ([first = 0, second = 0, third = 0]) => exports.matchRoute(first, second, third));
  };
}
