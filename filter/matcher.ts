// The host-free build: the matcher alone, for control and the offline tools.
import { Bytes } from './core/bytes';
import { Matcher } from './core/match';
import { Table } from './core/table';

const MALFORMED: i32 = 1;

let matcher: Matcher | null = null;
const host = new Bytes();
const path = new Bytes();
const method = new Bytes();
let room: ArrayBuffer = new ArrayBuffer(0);

/** Takes an encoded route table. 0 when it was accepted, 1 when it is malformed; then the last good one stays. */
export function loadTable(table: ArrayBuffer): i32 {
  const decoded = Table.decode(changetype<usize>(table), table.byteLength);
  if (decoded === null) return MALFORMED;
  matcher = new Matcher(decoded);
  return 0;
}

/** Where the other side writes a request of up to `length` bytes in all; it is read during {@link matchRoute} only. */
export function roomFor(length: u32): usize {
  if (<u32>room.byteLength < length) room = new ArrayBuffer(length);
  return changetype<usize>(room);
}

/**
 * The index of the matching route in the table's order, -1 for none, -2 where the path is ambiguous. The room holds host, path
 * and method as they stand in the request, one after the other; these are their lengths.
 */
export function matchRoute(hostLength: u32, pathLength: u32, methodLength: u32): i32 {
  const current = matcher;
  if (current === null) return -1;
  const start = changetype<usize>(room);
  host.set(start, hostLength);
  path.set(start + hostLength, pathLength);
  method.set(start + hostLength + pathLength, methodLength);
  return current.match(host, path, method);
}
