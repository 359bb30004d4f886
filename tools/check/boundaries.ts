import { posix } from 'node:path';
import type { ProjectFile } from './project-files.ts';

interface Boundary {
  /** The files that the rule is for. */
  room: RegExp;
  /** What they may import: files by path from the root, packages by name. */
  mayImport: RegExp[];
}

const NODE = /^node:/;
/** What all of control shares: the secret type, the error catalogue, the clock. */
const CONTROL_COMMON = /^control\/(?!main\.|app\.)[a-z-]+\.ts$/;
const CONTROL_TYPES = /^control\/(?:config|decide)\//;
const WIRING = /^control\/(?:main|app)\.ts$/;

/** Imports point inward. The first rule whose room holds a file is the one that counts. */
const BOUNDARIES: Boundary[] = [
  { room: /^filter\/core\//, mayImport: [/^filter\/core\//] },
  { room: /^filter\//, mayImport: [/^filter\//, /^@gcoredev\/proxy-wasm-sdk-as\//] },
  { room: WIRING, mayImport: [/^control\//, NODE, /^[^/.]+(?:\/|$)/, /^@/] },
  { room: /^control\/decide\//, mayImport: [/^control\/(?:decide|config)\//, CONTROL_COMMON, NODE] },
  { room: /^control\/config\//, mayImport: [/^control\/config\//, CONTROL_COMMON, NODE, /^(?:yaml|ajv)(?:\/|$)/] },
  {
    room: /^control\/server\//,
    mayImport: [/^control\/server\//, CONTROL_TYPES, CONTROL_COMMON, NODE, /^(?:fastify|pino|prom-client|@grpc\/.*)$/],
  },
  // Implementations of decide's ports: they know neither each other nor Fastify.
  ...['mint', 'trust', 'cache', 'policy', 'telemetry', 'audit', 'kubernetes'].map((room) => ({
    room: new RegExp(`^control/${room}/`),
    mayImport: [
      new RegExp(`^control/${room}/`),
      CONTROL_TYPES,
      CONTROL_COMMON,
      NODE,
      /^(?!fastify|control\/|filter\/)/,
    ],
  })),
  { room: /^control\//, mayImport: [/^control\//, NODE, /^[^/.]+$/] },
  { room: /^tools\//, mayImport: [/^tools\//, NODE, /^(?!control\/|filter\/|test\/)/] },
];

const IMPORT = /^(?:import|export)\s+[\w$*{},\s]*?\bfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;
const ENVIRONMENT = /\bprocess\.env\b/;

/** Lists imports that cross a boundary, and files other than the wiring that read the environment. */
export function findBoundaryViolations(files: ProjectFile[]): string[] {
  return files
    .filter(({ path }) => path.endsWith('.ts'))
    .flatMap((file) => {
      const boundary = BOUNDARIES.find(({ room }) => room.test(file.path));
      if (boundary === undefined) return [];
      const crossing = listImports(file)
        .filter((target) => !isAllowed(boundary, target))
        .map((target) => `${file.path}: may not import ${target}`);
      const readsEnvironment =
        file.path.startsWith('control/') && !WIRING.test(file.path) && ENVIRONMENT.test(file.text)
          ? [`${file.path}: only control/main.ts reads the environment`]
          : [];
      return [...crossing, ...readsEnvironment];
    });
}

function isAllowed({ mayImport }: Boundary, target: string): boolean {
  return mayImport.some((pattern) => pattern.test(target));
}

/** Relative imports as paths from the root, others as they are. */
function listImports({ path, text }: ProjectFile): string[] {
  return [...text.matchAll(IMPORT)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    .map((target) => (target.startsWith('.') ? posix.join(posix.dirname(path), target) : target));
}
