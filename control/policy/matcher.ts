import { instantiateSync } from '@assemblyscript/loader';

/** The filter's own matcher, compiled from the same sources for this side. */
interface MatcherExports extends Record<string, unknown> {
  readonly memory: WebAssembly.Memory;
  loadTable(table: number): number;
  roomFor(length: number): number;
  matchRoute(hostLength: number, pathLength: number, methodLength: number): number;
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
  // Pinned, because nothing in there refers to it while it is read.
  const pointer = exports.__pin(exports.__newArrayBuffer(new Uint8Array(table).buffer));
  const refused = exports.loadTable(pointer);
  exports.__unpin(pointer);
  if (refused !== 0) {
    throw new Error(`the matcher refused the route table (code ${refused}); build both from the same sources`);
  }
  const start = exports.roomFor(3 * MAXIMUM_CHARACTERS);
  let room = Buffer.from(exports.memory.buffer, start);
  return (host, path, method) => {
    // It is another buffer after the memory has grown.
    if (room.buffer !== exports.memory.buffer) room = Buffer.from(exports.memory.buffer, start);
    const write = (text: string, at: number) => room.write(text, at, MAXIMUM_CHARACTERS, 'latin1');
    const hostLength = write(host, 0);
    const pathLength = write(path, hostLength);
    return exports.matchRoute(hostLength, pathLength, write(method, hostLength + pathLength));
  };
}
