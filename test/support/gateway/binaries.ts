import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BUILD = fileURLToPath(new URL('../../../tools/envoy-gateway/build.sh', import.meta.url));

/** The path of a binary, which is built first where that has not been done on this machine: minutes, and Go. */
export function binaryOf(name: 'envoy-gateway' | 'egctl' | 'check-manifests'): string {
  return execFileSync('sh', [BUILD, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}
