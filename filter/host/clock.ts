// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "clock_time_get")
declare function clock_time_get(clock: u32, precision: u64, time: usize): u32;

const MONOTONIC: u32 = 1;
const OUT: usize = memory.data(8, 8);

/** WASI's monotonic clock, in ns; 0 when the host has none. */
export function monotonicNanoseconds(): u64 {
  return clock_time_get(MONOTONIC, 1000000, OUT) == 0 ? load<u64>(OUT) : 0;
}
