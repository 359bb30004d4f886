import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { binaryOf, type Manifest } from './chart.ts';

/** The manifests without a chart, and what people apply them with. */
export const PLAIN = {
  folder: fileURLToPath(new URL('../../../deploy/kubernetes', import.meta.url)),

  /** Runs kubectl. @param kubeconfig none: it reaches no cluster */
  kubectl(parameters: readonly string[], kubeconfig = '/dev/null') {
    const home = mkdtempSync(join(tmpdir(), 'kubectl-'));
    const environment = { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig };
    const { status, stdout, stderr } = spawnSync(binaryOf('kubectl'), parameters, {
      encoding: 'utf8',
      env: environment,
    });
    rmSync(home, { recursive: true });
    return { status, stdout, stderr };
  },
};

/** What kustomize makes of `deploy/kubernetes/`. @throws {Error} with what it says is wrong */
export function renderPlain(): Manifest[] {
  const { status, stdout, stderr } = PLAIN.kubectl(['kustomize', PLAIN.folder]);
  if (status !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout).map((document) => document.toJS());
}
