import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { RunningProcess } from '../../../tools/launch/running-process.ts';
import { formatManifests, type Manifest } from './manifests.ts';

const BUILD = fileURLToPath(new URL('../../../tools/istio/build.sh', import.meta.url));
/** Two builds beside the tests can make a start slow. */
const START_MILLISECONDS = 60_000;

/** Istio's control plane, and what its agent does beside Envoy, without a cluster. */
export interface Istio {
  /** The ports of aggregated discovery and of secret discovery, on 127.0.0.1. */
  ports: { discovery: number; secrets: number };
  /** Where the OCI image of the module is, and its digest. */
  image: string;
  digest: string;
  /** Makes these Istio's resources, as applying and deleting does in a cluster. @throws {Error} with what is wrong with them */
  replace(manifests: Manifest[]): Promise<void>;
  log(): string;
  stop(): Promise<void>;
}

/** What a cluster with Istio says about files. */
export interface Verdict {
  /** About what it does not take. */
  refusals: string[];
  /** About what it takes. */
  warnings: string[];
}

/** Asks the code that a cluster with Istio would ask about these files. */
export async function validate(...files: string[]): Promise<Verdict> {
  const parameters = ['validate', ...files];
  const run = promisify(execFile)(await buildIstio(), parameters).catch((failure) => failure as { stdout: string });
  return readLine((await run).stdout, '{"refusals":');
}

/**
 * Starts serving manifests to Envoy, after validating them.
 *
 * @param module The Wasm module to serve as an OCI image
 * @param environment Merged into its environment
 * @throws {Error} with what is wrong with the manifests, or the log
 */
export async function startIstio(
  manifests: Manifest[],
  module: string,
  environment: Record<string, string>,
): Promise<Istio> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy-token-broker-istio-'));
  const file = join(folder, 'manifests.yaml');
  writeFileSync(file, formatManifests(manifests));
  const istio = new RunningProcess({
    name: 'istio',
    command: await buildIstio(),
    parameters: ['serve', '-module', module, file],
    // It leaves modules that it downloaded where Envoy reads them.
    environment: { ...process.env, TMPDIR: folder, ...environment },
    directory: folder,
  });
  const stop = async (): Promise<void> => {
    await istio.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const ready = await istio.waitUntil(() => readLine<Readiness>(istio.output(), '{"ready":true'), START_MILLISECONDS);
    return {
      ports: { discovery: portOf(ready.discovery), secrets: portOf(ready.secrets) },
      image: ready.image,
      digest: ready.digest,
      replace: (next) => replace(ready.manifests, next),
      log: () => istio.output(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function buildIstio(): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', [BUILD]);
  return stdout.trim();
}

interface Readiness {
  discovery: string;
  secrets: string;
  manifests: string;
  image: string;
  digest: string;
}

function portOf(address: string): number {
  return Number(address.split(':').at(-1));
}

/** The one line of JSON that begins like this, among those of Istio's log. */
function readLine<Line>(output: string, beginning: string): Line {
  const line = output.split('\n').find((each) => each.startsWith(beginning));
  if (line === undefined) throw new Error(`no line begins with ${beginning}`);
  return JSON.parse(line);
}

async function replace(url: string, manifests: Manifest[]): Promise<void> {
  const answer = await fetch(url, { method: 'PUT', body: formatManifests(manifests) });
  if (answer.status !== 204) throw new Error(await answer.text());
}
