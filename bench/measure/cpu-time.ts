import { readdirSync, readFileSync } from 'node:fs';

/**
 * The processor time that a process has taken, in µs, user and system. It is summed over its threads' `schedstat`, which
 * has nanoseconds; `stat` has the same sum in steps of 10 ms, a hundredth of a round.
 */
export function cpuTimeOf(pid: number): number {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder).reduce((sum, thread) => sum + threadTime(`${folder}/${thread}/schedstat`), 0) / 1000;
}

function threadTime(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').split(' ')[0]);
  } catch {
    // It has just ended.
    return 0;
  }
}

/** Resident memory of a process, in bytes. */
export function residentMemoryOf(pid: number): number {
  const [, kibibytes = 0] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}
