import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './copy-sources.ts';

/** The path of a tool, which is built first where that has not been done on this machine: minutes, and Go. */
export function build(folder: string, ...parameters: string[]): string {
  const command = [join(ROOT, 'tools', folder, 'build.sh'), ...parameters];
  return execFileSync('sh', command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}
