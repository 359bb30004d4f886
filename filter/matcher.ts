// The host-free build: the matcher alone, for control and the offline tools.
import { Bytes } from './core/bytes';
import { Matcher } from './core/match';
import { Table } from './core/table';

const MALFORMED: i32 = 1;

let matcher: Matcher | null = null;
const host = new Bytes();
const path = new Bytes();
const method = new Bytes();

/** Takes an encoded route table. 0 when it was accepted, 1 when it is malformed; then the last good one stays. */
export function loadTable(table: ArrayBuffer): i32 {
  const decoded = Table.decode(changetype<usize>(table), table.byteLength);
  if (decoded === null) return MALFORMED;
  matcher = new Matcher(decoded);
  return 0;
}

/** The index of the matching route in the table's order, -1 for none, -2 where the path is ambiguous. Arguments are the bytes as they stand in the request. */
export function matchRoute(hostBytes: ArrayBuffer, pathBytes: ArrayBuffer, methodBytes: ArrayBuffer): i32 {
  const current = matcher;
  if (current === null) return -1;
  host.set(changetype<usize>(hostBytes), hostBytes.byteLength);
  path.set(changetype<usize>(pathBytes), pathBytes.byteLength);
  method.set(changetype<usize>(methodBytes), methodBytes.byteLength);
  return current.match(host, path, method);
}
