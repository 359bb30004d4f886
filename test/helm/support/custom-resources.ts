import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { eventually } from '../../../tools/launch/eventually.ts';
import type { KubernetesAdmin, Manifest } from '../../../tools/launch/kubernetes-admin.ts';

const COLLECT = fileURLToPath(new URL('../../../tools/custom-resources/collect.sh', import.meta.url));
const PATIENCE_MILLISECONDS = 60_000;

/** Teaches an API server the custom resources of Envoy Gateway, the Gateway API, Istio and the Prometheus operator. */
export async function installCustomResources(admin: KubernetesAdmin): Promise<void> {
  const folder = execFileSync('sh', [COLLECT], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
  const definitions = readdirSync(folder)
    .flatMap((file) => parseAllDocuments(readFileSync(join(folder, file), 'utf8')))
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest): manifest is Manifest => manifest?.kind === 'CustomResourceDefinition');
  await admin.apply(...definitions);
  for (const { apiVersion, kind, metadata } of definitions) {
    await eventually(async () => {
      const { status } = await admin.read({ apiVersion, kind, metadata });
      const { conditions = [] } = status as { conditions?: { type: string; status: string }[] };
      if (!conditions.some(({ type, status }) => type === 'Established' && status === 'True')) {
        throw new Error(`${metadata.name} is not established`);
      }
    }, PATIENCE_MILLISECONDS);
  }
}
