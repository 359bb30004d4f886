import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { ensureEnvoy } from '../../tools/envoy/ensure.ts';

/** Where a run took place, without the machine's name. */
export interface Environment {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGibibytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly envoy: string;
  readonly commit: string;
  readonly quick: boolean;
}

export async function describeEnvironment(quick: boolean): Promise<Environment> {
  const envoy = execFileSync(await ensureEnvoy(), ['--version'], { encoding: 'utf8' });
  return {
    date: new Date().toISOString(),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGibibytes: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    node: process.version,
    envoy: /\/(\d+\.\d+\.\d+)\//.exec(envoy)?.[1] ?? 'unknown',
    commit: commit(),
    quick,
  };
}

function commit(): string {
  try {
    const git = (...parameters: string[]) => execFileSync('git', parameters, { encoding: 'utf8' }).trim();
    return git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain') === '' ? '' : ' with changes');
  } catch {
    return 'unknown';
  }
}

/** The load average of the last minute; above the number of cores something else is at work too. */
export function loadAverage(): number {
  return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
}
