import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ensureEnvoy } from '../../tools/envoy/ensure.ts';

/** Does what may take minutes the first time before any test's time starts to count, and says what is missing. */
export default async function setUp(): Promise<void> {
  const filter = new URL('../../build/filter.wasm', import.meta.url);
  if (!existsSync(filter)) throw new Error('build/filter.wasm is missing: run `npm run build` first');
  await ensureEnvoy();
  if (process.env.IDP === 'dex') {
    const build = fileURLToPath(new URL('../../tools/dex/build.sh', import.meta.url));
    execFileSync('sh', [build], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
}
