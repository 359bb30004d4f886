import { type Problems, shown } from '../problems.ts';
import type { Files } from '../read-files.ts';
import { parseYaml } from '../validate-document.ts';

/** A cluster of tokensmith's configuration file, as it becomes a provider. */
export interface KeySetCluster {
  readonly name: string;
  readonly issuer: string;
  readonly jwks: { readonly inline: object } | { readonly url: string };
}

const NAME = /^[A-Za-z0-9._-]{1,128}$/;
const FLAG = '--clusters-config';

type Members = Readonly<Record<string, unknown>>;

/** Reads `clusters: [{ name, issuer, jwks_uri, jwks_data }]`; as there, `jwks_data` counts where both are given. */
export function readClustersFile(path: string, files: Files, problems: Problems): readonly KeySetCluster[] {
  const content = files.secret(FLAG, path)?.reveal();
  if (content === undefined) return [];
  const { clusters } = members(parseYaml(content));
  if (!Array.isArray(clusters) || clusters.length === 0) {
    problems.add(FLAG, `${path} has no clusters; give at least one`);
    return [];
  }
  const read = clusters.flatMap((each, index) => readCluster(members(each), `${FLAG}: clusters[${index}]`, problems));
  for (const field of ['name', 'issuer'] as const) {
    const values = read.map((cluster) => cluster[field]);
    const twice = values.find((value, index) => values.indexOf(value) < index);
    if (twice !== undefined)
      problems.add(FLAG, `${path} has two clusters with the ${field} ${shown(twice)}; leave one`);
  }
  return read;
}

function readCluster(cluster: Members, setting: string, problems: Problems): KeySetCluster[] {
  const { name, issuer, jwks_uri: url, jwks_data: inline } = cluster;
  if (typeof name !== 'string' || !NAME.test(name)) {
    problems.add(setting, 'needs a name of 1 to 128 letters, digits and . _ -');
    return [];
  }
  if (typeof issuer !== 'string' || issuer === '') {
    problems.add(setting, 'needs the issuer of its tokens');
    return [];
  }
  if (typeof inline === 'object' && inline !== null) return [{ name, issuer, jwks: { inline } }];
  if (typeof url === 'string' && url !== '') return [{ name, issuer, jwks: { url } }];
  problems.add(setting, 'needs jwks_uri or jwks_data');
  return [];
}

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}
