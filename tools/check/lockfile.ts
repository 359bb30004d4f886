/**
 * Checks that package-lock.json names every optional package that a locked package may bring on some platform.
 *
 * npm 11 refuses `npm ci` when one is missing ("Missing: … from lock file"), on every platform. `npm install` leaves one
 * out whenever the registry it asked does not serve it, so the gap is easy to commit. `--fix` adds what is missing.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface LockedPackage {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const LOCKFILE = 'package-lock.json';
const OPERATING_SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'openbsd', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** Lists the optional packages that the lockfile leaves out, by path, as entries that could be added. */
export function findMissing(packages: Record<string, LockedPackage>): Map<string, LockedPackage> {
  const missing = new Map<string, LockedPackage>();
  for (const [path, locked] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(locked.optionalDependencies ?? {})) {
      const nested = `${path}/node_modules/${name}`;
      const hoisted = `node_modules/${name}`;
      if (packages[nested] !== undefined || packages[hoisted] !== undefined) continue;
      missing.set(hoisted, describePlatformPackage(name, version, locked.dev ?? false));
    }
  }
  return missing;
}

/** Platform packages are named after the platform; without these fields npm would try to fetch each of them. */
function describePlatformPackage(name: string, version: string, dev: boolean): LockedPackage {
  const words = name.split(/[-/]/);
  const system = words.find((word) => OPERATING_SYSTEMS.includes(word));
  const processor = words.find((word) => PROCESSORS.includes(word));
  return {
    version,
    ...(processor === undefined ? {} : { cpu: [processor] }),
    ...(dev ? { dev } : {}),
    ...(words.includes('musl') ? { libc: ['musl'] } : {}),
    optional: true,
    ...(system === undefined ? {} : { os: [system] }),
  };
}

const document = JSON.parse(readFileSync(LOCKFILE, 'utf8')) as { packages: Record<string, LockedPackage> };
const missing = findMissing(document.packages);
if (missing.size > 0 && process.argv.includes('--fix')) {
  const all = Object.entries({ ...document.packages, ...Object.fromEntries(missing) });
  document.packages = Object.fromEntries(all.sort(([left], [right]) => (left < right ? -1 : 1)));
  writeFileSync(LOCKFILE, `${JSON.stringify(document, null, 2)}\n`);
  console.log(`${LOCKFILE}: added ${missing.size} optional packages`);
} else if (missing.size > 0) {
  for (const path of missing.keys()) console.error(`${LOCKFILE}: ${path} is missing`);
  console.error('npm ci would fail: run node tools/check/lockfile.ts --fix');
  process.exitCode = 1;
}
