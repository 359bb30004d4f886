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

interface Lockfile {
  packages: Record<string, LockedPackage>;
}

const LOCKFILE = 'package-lock.json';
const OPERATING_SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'openbsd', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/**
 * Lists the optional packages, of whatever platform, that the lockfile leaves out.
 *
 * npm 11 refuses `npm ci` when one is missing, on every platform. `npm install` leaves one out whenever the registry that it
 * asked does not serve it, so the gap is easily committed.
 */
export function findMissingPackages(): string[] {
  const missing = [...describeMissing(readLockfile().packages).keys()];
  return missing.map((path) => `${LOCKFILE}: ${path} is missing and npm ci fails; run node tools/check/main.ts --fix`);
}

/** Adds what {@link findMissingPackages} lists. */
export function completeLockfile(): void {
  const lockfile = readLockfile();
  const all = Object.entries({ ...lockfile.packages, ...Object.fromEntries(describeMissing(lockfile.packages)) });
  lockfile.packages = Object.fromEntries(all.sort(([left], [right]) => (left < right ? -1 : 1)));
  writeFileSync(LOCKFILE, `${JSON.stringify(lockfile, null, 2)}\n`);
}

function readLockfile(): Lockfile {
  return JSON.parse(readFileSync(LOCKFILE, 'utf8'));
}

function describeMissing(packages: Lockfile['packages']): Map<string, LockedPackage> {
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
