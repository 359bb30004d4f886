import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The Envoy that everything here is built for and tested with. */
export const ENVOY_VERSION = '1.40.0';

const SERIES = ENVOY_VERSION.slice(0, ENVOY_VERSION.lastIndexOf('.') + 1);

/** Where func-e looks for Envoy before it downloads one; what we unpack goes to the same place, so func-e finds it too. */
export function funcEnvoyPath(environment: NodeJS.ProcessEnv): string {
  const dataHome = environment.FUNC_E_DATA_HOME || join(homedir(), '.local', 'share', 'func-e');
  return join(dataHome, 'envoy-versions', ENVOY_VERSION, 'bin', 'envoy');
}

/** Asks a binary for its version; undefined when it is not an Envoy that runs here. */
export function readVersion(path: string): string | undefined {
  try {
    // envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL
    const output = execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return /version: [^/]*\/(\d+\.\d+\.\d+)/.exec(output)?.[1];
  } catch {
    return undefined;
  }
}

/** Tells whether a version is one of the series that is supported (1.40.x). */
export function isSupported(version: string | undefined): boolean {
  return version?.startsWith(SERIES) ?? false;
}
