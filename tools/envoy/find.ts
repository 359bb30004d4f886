import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ENVOY_VERSION, funcEnvoyPath, isSupported, readVersion } from './version.ts';

/** func-e may have to download Envoy first; past this we go on without it. */
const FUNC_E_TIMEOUT_MILLISECONDS = 180_000;

/** Where notes and progress go: a line each. */
export type Report = (line: string) => void;

/**
 * Finds an Envoy of the supported series on this machine: `$ENVOY`, `envoy` on PATH, then func-e.
 *
 * @throws {Error} when `$ENVOY` is set but is not such an Envoy: what was asked for by name is never replaced silently.
 */
export function findEnvoy(environment: NodeJS.ProcessEnv, report: Report): string | undefined {
  if (environment.ENVOY) return requireSupported(environment.ENVOY);
  const onPath = findOnPath('envoy', environment);
  if (onPath !== undefined) {
    const version = readVersion(onPath);
    if (isSupported(version)) return onPath;
    report(`passing over ${onPath}: it is ${version ?? 'no Envoy that runs here'}, and ${ENVOY_VERSION} is needed`);
  }
  const held = funcEnvoyPath(environment);
  if (isSupported(readVersion(held))) return held;
  return askFuncE(environment, report);
}

function requireSupported(path: string): string {
  const version = readVersion(path);
  if (isSupported(version)) return path;
  throw new Error(
    `ENVOY=${path} is ${version ?? 'no Envoy that runs here'}: point it to Envoy ${ENVOY_VERSION} or unset it`,
  );
}

function askFuncE(environment: NodeJS.ProcessEnv, report: Report): string | undefined {
  const command = findOnPath('func-e', environment);
  if (command === undefined) return undefined;
  report(`asking func-e for Envoy ${ENVOY_VERSION} (it may download it)`);
  try {
    const output = execFileSync(command, ['which'], {
      encoding: 'utf8',
      env: { ...environment, ENVOY_VERSION },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: FUNC_E_TIMEOUT_MILLISECONDS,
    });
    const path = output.trim().split('\n').at(-1) ?? '';
    if (isSupported(readVersion(path))) return path;
  } catch {
    // The reason does not matter: the wheel comes next.
  }
  report('func-e could not provide it');
  return undefined;
}

function findOnPath(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  for (const directory of (environment.PATH ?? '').split(delimiter)) {
    const candidate = join(directory, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}
