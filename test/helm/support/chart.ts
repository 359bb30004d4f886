import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

/** A Kubernetes object, as parsed from YAML. */
// biome-ignore lint/suspicious/noExplicitAny: it may be of any kind, and the API server itself validates it.
export type Manifest = any;

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BUILD = join(ROOT, 'tools/helm/build.sh');
export const CHART = join(ROOT, 'deploy/helm');

/** The values that we ship as examples, by name. */
export const EXAMPLES = readdirSync(join(CHART, 'examples')).map((file) => file.replace('.yaml', ''));

/** Where a release is, in tests. */
const RELEASE = 'broker';
export const NAMESPACE = 'token-broker';
/** What the chart calls the objects of that release. */
export const NAME = 'broker-envoy-token-broker';

export interface Values {
  /** Values that we ship, by name. */
  example?: string;
  /** Values that win over these. */
  values?: object;
  namespace?: string;
}

/** The path of a binary, which is built first where that has not been done on this machine: minutes, and Go. */
export function binaryOf(name: 'helm' | 'kubectl'): string {
  return execFileSync('sh', [BUILD, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

/** Runs a command of helm's on the chart. */
export function helm(command: readonly string[], { example, values = {}, namespace = NAMESPACE }: Values = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'values-'));
  const file = join(folder, 'values.json');
  writeFileSync(file, JSON.stringify(values));
  const files = [...(example === undefined ? [] : [join(CHART, 'examples', `${example}.yaml`)]), file];
  const parameters = [...command, '--namespace', namespace, ...files.flatMap((path) => ['--values', path])];
  // Without a home it finds no other configuration than ours.
  const environment = { PATH: process.env.PATH, HOME: folder };
  const { status, stdout, stderr } = spawnSync(binaryOf('helm'), parameters, { encoding: 'utf8', env: environment });
  rmSync(folder, { recursive: true });
  return { status, stdout, stderr };
}

/** What the chart makes of values. @throws {Error} with what helm says is wrong with them */
export function render(values: Values = {}): Manifest[] {
  const { status, stdout, stderr } = helm(['template', RELEASE, CHART], values);
  if (status !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout)
    .map((document) => document.toJS())
    .filter((manifest) => manifest !== null);
}

/** The object of a kind, of that name where there may be several. @throws {Error} when there is not exactly one */
export function one(manifests: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = manifests.filter((each) => each.kind === kind && (name === undefined || each.metadata.name === name));
  if (found.length !== 1) throw new Error(`there are ${found.length} of ${kind} ${name ?? ''}`);
  return found[0];
}
