/**
 * Writes into a folder the package.json and lockfile of what control runs from: ours without the packages that only build and
 * test, and without Node itself.
 *
 * `npm sbom --omit dev` cannot be used instead: it leaves out whatever a tool needs too, such as `jose` (npm 11.19).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node tools/package/main.ts FOLDER');

const project = JSON.parse(readFileSync('package.json', 'utf8'));
const lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8'));
for (const description of [project, lockfile.packages['']]) {
  delete description.devDependencies;
  delete description.optionalDependencies;
}
for (const [path, { dev, optional, devOptional }] of Object.entries<Record<string, boolean>>(lockfile.packages)) {
  if (dev || optional || devOptional) delete lockfile.packages[path];
}
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'package.json'), JSON.stringify(project, null, 2));
writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lockfile, null, 2));
