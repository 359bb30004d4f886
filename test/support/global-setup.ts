import { existsSync } from 'node:fs';
import { ensureEnvoy } from '../../tools/envoy/ensure.ts';

/** Gets Envoy before the first test's time starts to count, and says what is missing when the filter was not built. */
export default async function setUp(): Promise<void> {
  const filter = new URL('../../build/filter.wasm', import.meta.url);
  if (!existsSync(filter)) throw new Error('build/filter.wasm is missing: run `npm run build` first');
  await ensureEnvoy();
}
