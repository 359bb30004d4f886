import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** A compiled module, in bytes. */
export interface ModuleSize {
  readonly name: string;
  readonly raw: number;
  /** What it takes on the way to Envoy. */
  readonly gzip: number;
}

/**
 * How large a module for Envoy may become: each of Envoy's VMs compiles it, and Istio's and Envoy Gateway's caches hold it.
 * Raise it for a reason.
 */
export const LARGEST = { raw: 144 * 1024, gzip: 48 * 1024 };

const MODULES = ['filter', 'filter-request-only'];

/** The modules in `build/` that Envoy loads. */
export function measureModules(): ModuleSize[] {
  return MODULES.map((name) => {
    const code = readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url));
    return { name, raw: code.length, gzip: gzipSync(code, { level: 9 }).length };
  });
}

/** What is too large, a line for each. */
export function findTooLarge(sizes: readonly ModuleSize[]): string[] {
  return sizes.flatMap(({ name, ...size }) =>
    (['raw', 'gzip'] as const)
      .filter((measure) => size[measure] > LARGEST[measure])
      .map((measure) => `${name}: ${size[measure]} bytes ${measure}, and ${LARGEST[measure]} at most`),
  );
}
