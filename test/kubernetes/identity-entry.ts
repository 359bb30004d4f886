import type { EntryDocument } from '../../control/config/document.ts';
import { readShippedEntry } from '../../tools/launch/identity-clusters.ts';

/** The entry that `deploy/kubernetes-identity/control.yaml` has, for all hosts below a path, with something changed perhaps. */
export function identityEntry(pathPrefix: string, change: Partial<EntryDocument['kubernetes']> = {}): EntryDocument {
  const entry = readShippedEntry();
  return { ...entry, id: pathPrefix.slice(1), match: { pathPrefix }, kubernetes: { ...entry.kubernetes, ...change } };
}
