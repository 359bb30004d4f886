import type { PolicyDocumentSource } from '../config/policy-source.ts';
import { ConfigurationError } from '../config/problems.ts';
import type { Revocation } from '../config/revocation.ts';
import type { ScopedRevocation } from './apply-revocations.ts';
import type { Claim, Match } from './claim.ts';
import { type CompiledDocument, regionOf } from './compile-document.ts';

/** A document and what was made of it. */
export interface Compiled {
  readonly source: PolicyDocumentSource;
  readonly document: CompiledDocument;
}

/** What a document said when it could be read last. */
export interface DocumentMemory {
  /** Undefined: it could never be read. */
  readonly claimed: readonly Match[] | undefined;
  readonly revoked: readonly Revocation[];
}

type Memory = ReadonlyMap<string, DocumentMemory>;

const NOTHING: DocumentMemory = { claimed: undefined, revoked: [] };

/**
 * What is to be remembered of documents, by name. Where a revocation is bad, those of before stay besides the good ones:
 * nobody can say which of them it was.
 */
export function remember(compiled: readonly Compiled[], former: Memory = new Map()): Memory {
  return new Map(
    compiled.map(({ source: { name }, document }) => {
      const before = former.get(name) ?? NOTHING;
      if (!document.readable) return [name, before];
      const { claims, revocations, hasBadRevocation } = document;
      const revoked = hasBadRevocation ? [...revocations, ...before.revoked] : revocations;
      return [name, { claimed: claims.map(({ match }) => match), revoked: unique(revoked) }];
    }),
  );
}

/**
 * What each document claims. One that cannot be read claims, and closes, what it claimed; where nobody knows what that was,
 * all of its owner's hosts that no other entry claims.
 */
export function claimsOf(compiled: readonly Compiled[], memory: Memory): ReadonlyMap<Compiled, readonly Claim[]> {
  return new Map(
    compiled.map((each) => [each, each.document.readable ? each.document.claims : closing(each.source, memory)]),
  );
}

function closing({ name, hosts = [] }: PolicyDocumentSource, memory: Memory): readonly Claim[] {
  const { claimed } = memory.get(name) ?? NOTHING;
  const claim = (match: Match) => ({ source: name, setting: name, match, route: undefined });
  if (claimed !== undefined) return claimed.map(claim);
  const owned = hosts.flatMap((host) => regionOf({ host, pathPrefix: '/', methods: [] }) ?? []);
  return owned.map((match) => ({ ...claim(match), yields: true }));
}

/**
 * Everything that is revoked, and whose routes it touches: the operator's revocations all, a team's those of the same owner.
 *
 * @param sourceOf the name of the document that a route stands in
 */
export function revocationsIn(
  own: readonly Revocation[],
  compiled: readonly Compiled[],
  memory: Memory,
  sourceOf: (routeId: string) => string,
): readonly ScopedRevocation[] {
  const owners = new Map(compiled.map(({ source: { name, owner } }) => [name, owner]));
  const everywhere = own.map((revocation) => ({ revocation, touches: (id: string) => mayName(revocation, id) }));
  const documents = compiled.flatMap(({ source: { name, label, owner } }) => {
    const owns = (id: string) => owner === undefined || owners.get(sourceOf(id)) === owner;
    const { revoked } = memory.get(name) ?? NOTHING;
    return revoked.map((revocation) => ({
      revocation,
      touches: (id: string) => owns(id) && mayName(revocation, id, label),
    }));
  });
  return [...everywhere, ...documents];
}

/** @throws ConfigurationError with what is wrong with documents that are the operator's */
export function refuseBadTrusted(compiled: readonly Compiled[]): void {
  const problems = compiled.flatMap(({ source, document }) => (source.owner === undefined ? document.problems : []));
  if (problems.length > 0) throw new ConfigurationError(problems);
}

/** Whether it may concern that route. A document may call its own entries by their own ids. */
function mayName(revocation: Revocation, id: string, label?: string): boolean {
  if (revocation.kind !== 'route') return true;
  return id === revocation.route || (label !== undefined && id === `${label}.${revocation.route}`);
}

function unique(revocations: readonly Revocation[]): readonly Revocation[] {
  const keyed = revocations.map(({ setting, ...rest }) => [JSON.stringify(rest), { setting, ...rest }] as const);
  return [...new Map(keyed).values()] as readonly Revocation[];
}
