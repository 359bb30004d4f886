import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Target } from './wrk.ts';

export interface FixedRateOptions extends Target {
  /** Requests a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Paths to go through instead of one. */
  readonly paths?: readonly string[];
}

export interface Sample {
  /** Wall clock, ms. */
  readonly startedAt: number;
  /** ms until the end of the answer. */
  readonly latency: number;
  readonly status: number;
}

const CLIENTS = 8;
/** So many requests may be open on one connection that a slow answer holds up no request that is due. */
const STREAMS = 100;

/**
 * Requests that leave when they are due, whatever became of those before: over HTTP/2, because over HTTP/1.1 a request
 * waits for the answer before it, and the wait would not be counted (coordinated omission). Connections begin one after the
 * other, so that their requests do too, and not all of them at once.
 */
export async function runFixedRate(options: FixedRateOptions): Promise<Sample[]> {
  const { port, host, headers, path = '/', paths = [path], rate, seconds } = options;
  const directory = mkdtempSync(join(tmpdir(), 'h2load-'));
  const log = join(directory, 'log');
  const addresses = join(directory, 'addresses');
  writeFileSync(addresses, paths.map((each) => `http://127.0.0.1:${port}${each}\n`).join(''));
  const all = Object.entries({ ...headers, ':authority': host }).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  try {
    await promisify(execFile)('h2load', [
      ...['-t1', `-c${CLIENTS}`, `-m${STREAMS}`, `--rps=${rate / CLIENTS}`, `-n${rate * seconds}`],
      ...['-r1', `--rate-period=${Math.ceil(1000 / rate)}ms`],
      ...[...all, '--log-file', log, '-i', addresses],
    ]);
    return readLog(log);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A line has the start in µs since the epoch, the status, and the time until the end of the answer in µs. */
function readLog(file: string): Sample[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [start = 0, status = 0, duration = 0] = line.split('\t').map(Number);
    return { startedAt: start / 1000, status, latency: duration / 1000 };
  });
}

/**
 * As many requests at once, each on a stream of its own.
 *
 * @returns how many were answered with 2xx
 */
export async function runBurst({ port, host, headers, path = '/' }: Target, requests: number): Promise<number> {
  const all = Object.entries({ ...headers, ':authority': host }).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  const clients = Math.ceil(requests / STREAMS);
  const { stdout } = await promisify(execFile)('h2load', [
    ...['-t1', `-n${requests}`, `-c${clients}`, `-m${STREAMS}`, ...all, `http://127.0.0.1:${port}${path}`],
  ]);
  return Number(/status codes: (\d+) 2xx/.exec(stdout)?.[1] ?? 0);
}
