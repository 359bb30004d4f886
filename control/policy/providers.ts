import type { Configuration } from '../config/configuration.ts';
import type { ProviderConfiguration } from '../config/provider.ts';
import { digestOf, type Material, type ReadFile } from './digests.ts';
import type { HeaderNames } from './header-names.ts';

/** The configured providers, as policy refers to them. */
export interface Provided {
  /** Those of these names that exist; the others are problems. */
  find(names: readonly string[], problems: HeaderNames): readonly ProviderConfiguration[];
  /** A digest of all that decides what the provider accepts, and where its keys come from; not of keys fetched. */
  material(provider: ProviderConfiguration): Material;
}

export function createProvided({ providers }: Configuration, readFile: ReadFile): Provided {
  const digests = new Map([...providers].map(([name, provider]) => [name, providerDigest(provider, readFile)]));
  return {
    find: (names, problems) =>
      names.flatMap((name) => {
        const provider = providers.get(name);
        if (provider === undefined) {
          const known = [...providers.keys()].join(', ') || 'there are none';
          problems.problem(`names a provider ${name} that does not exist; known: ${known}`);
        }
        return provider ?? [];
      }),
    material: ({ name }) => [name, digests.get(name) ?? null],
  };
}

/** A digest of all that decides what a provider accepts, what its files hold included; not of keys fetched. */
export function providerDigest({ keys, ...rules }: ProviderConfiguration, readFile: ReadFile): string {
  const { remote, local } = keys;
  const material = remote && {
    location: [remote.location.kind, remote.location.url.href],
    authorities: remote.caFile === undefined ? null : readFile(remote.caFile).toString('latin1'),
    hardLimit: remote.hardLimit,
  };
  return digestOf([JSON.stringify(rules), local ?? null, JSON.stringify(material ?? null)]);
}
