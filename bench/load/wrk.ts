import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Headers } from '../stack/callers.ts';

export interface Target {
  readonly port: number;
  readonly host: string;
  readonly headers: Headers;
  /** `/` by default. */
  readonly path?: string;
}

export interface ClosedLoopOptions extends Target {
  /** Whole ones. */
  readonly seconds: number;
  /** Connections, each with one request at a time; 16 by default. */
  readonly connections?: number;
  /** A Lua script that makes the requests. */
  readonly script?: string;
}

export interface ClosedLoopResult {
  readonly requests: number;
  /** A second. */
  readonly rate: number;
  /** Answers other than 2xx and 3xx, and broken connections. */
  readonly failed: number;
}

/** As many requests as there are answers to the ones before: what a given concurrency gets through. */
export async function runClosedLoop(options: ClosedLoopOptions): Promise<ClosedLoopResult> {
  const { port, host, headers, path = '/', seconds, connections = 16, script } = options;
  const all = Object.entries({ ...headers, Host: host }).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const { stdout } = await promisify(execFile)('wrk', [
    ...['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', ...all],
    ...(script === undefined ? [] : ['-s', script]),
    `http://127.0.0.1:${port}${path}`,
  ]);
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0);
  const socket = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout) ?? [];
  const broken = socket.slice(1).reduce((sum, count) => sum + Number(count), 0);
  return {
    requests: number(/(\d+) requests in/),
    rate: number(/Requests\/sec:\s+(\S+)/),
    failed: number(/Non-2xx or 3xx responses: (\d+)/) + broken,
  };
}
