import type { Configuration } from '../config/configuration.ts';
import type { PolicyDocumentSource } from '../config/policy-source.ts';
import type { Problem } from '../config/problems.ts';
import { parseYaml } from '../config/validate-document.ts';
import type { RefusalFormat } from '../decide/refusal-format.ts';
import type { Route, RouteTable } from '../decide/route.ts';
import { applyRevocations, firstEnd } from './apply-revocations.ts';
import type { Claim, Match } from './claim.ts';
import { type CompileContext, createCompiler } from './compile.ts';
import { compileDocument } from './compile-document.ts';
import { compileOwn } from './compile-own.ts';
import { digestOf } from './digests.ts';
import {
  type Compiled,
  claimsOf,
  type DocumentMemory,
  refuseBadTrusted,
  remember,
  revocationsIn,
} from './document-memory.ts';
import { encodedBytes, MAXIMUM_TABLE_BYTES, routeBytes } from './encode.ts';
import { ParsedDocuments } from './parsed-documents.ts';
import { RouteIds } from './route-ids.ts';
import { type Settled, settleRegions } from './settle-regions.ts';

/** What the route table's encoding allows. */
const MAXIMUM_ROUTES = 10_000;

export interface BuiltPolicy {
  readonly table: RouteTable;
  readonly sources: readonly SourceReport[];
  /** Regions whose requests are refused because nobody can say what was meant there. */
  readonly closed: readonly Match[];
  /** How many are in force. */
  readonly revocations: number;
  /** Wall clock, ms: when the table changes of itself, because a revocation ends; undefined: never. */
  readonly changesAt: number | undefined;
}

/** What became of one document. */
export interface SourceReport {
  readonly name: string;
  /** Entries that are in force. */
  readonly entries: number;
  /** Nothing in it is secret. */
  readonly problems: readonly Problem[];
}

/**
 * Builds the route table from the operator's configuration and from documents. It remembers what each document said last:
 * one that can no longer be read keeps closed what it claimed, so that this does not fall to the rule for unmatched requests,
 * and what it revoked stays revoked.
 */
export class PolicyBuilder {
  #former: ReadonlyMap<string, DocumentMemory> | undefined;
  readonly #parsed = new ParsedDocuments((text) => parseYaml(text));

  /**
   * @param now wall clock, ms
   * @throws ConfigurationError with everything that is wrong with the operator's own entries; at first also with the
   * documents that are the operator's, because nobody knows then what they have revoked
   */
  build(
    configuration: Configuration,
    documents: readonly PolicyDocumentSource[],
    context: CompileContext,
    now: number,
  ): BuiltPolicy {
    const compile = createCompiler(configuration, context);
    const own = compileOwn(configuration, compile, MAXIMUM_ROUTES);
    const ids = new RouteIds(own.map(({ id }) => id));
    this.#parsed.begin();
    const compiled = documents.map((source) => ({
      source,
      document: compileDocument(
        source,
        compile,
        (id, index) => ids.give(source, id ?? String(index)),
        this.#parsed.read,
      ),
    }));
    if (this.#former === undefined) refuseBadTrusted(compiled);
    const memory = remember(compiled, this.#former);
    const { policy } = configuration;
    const revocations = revocationsIn(policy.revocations, compiled, memory, (id) => ids.sourceOf(id)).filter(
      ({ revocation: { until } }) => until === undefined || until > now,
    );
    const { settled, routes, left } = settleWithin(own.map(claimOf), claimsOf(compiled, memory), {
      format: policy.refusals,
      revoke: (settledRoutes) => applyRevocations(settledRoutes, revocations, policy.refusals),
    });
    this.#former = memory;
    return {
      // What does not fit may have been a refusal: until it fits, what nobody claims is refused.
      table: tableOf(routes, left.size > 0 ? 'deny' : policy.unmatched, policy.refusals),
      sources: reportOn(compiled, settled, left, ids),
      closed: settled.closed,
      revocations: revocations.length,
      changesAt: firstEnd(revocations),
    };
  }
}

function reportOn(
  compiled: readonly Compiled[],
  { refused, routes }: Settled,
  left: ReadonlySet<string>,
  ids: RouteIds,
): readonly SourceReport[] {
  const refusedBySource = Map.groupBy(refused, ({ claim }) => claim.source);
  const inForce = Map.groupBy(routes, ({ id }) => ids.sourceOf(id));
  return compiled.map(({ source: { name }, document }) => ({
    name,
    entries: inForce.get(name)?.length ?? 0,
    problems: [
      ...document.problems,
      ...(refusedBySource.get(name) ?? []).map(({ claim, message }) => ({ setting: claim.setting, message })),
      ...(left.has(name) ? [{ setting: name, message: TOO_MANY }] : []),
    ],
  }));
}

const TOO_MANY = `is left out: with it there would be more than ${MAXIMUM_ROUTES} entries, or more than ${MAXIMUM_TABLE_BYTES} bytes of them; until then what no entry matches is refused`;

interface Settling {
  readonly format: RefusalFormat;
  readonly revoke: (routes: readonly Route[]) => readonly Route[];
}

/** Takes documents in the order of their names, so that every replica leaves out the same, as long as the table holds them. */
function settleWithin(
  own: readonly Claim[],
  documents: ReadonlyMap<Compiled, readonly Claim[]>,
  { format, revoke }: Settling,
): { settled: Settled; routes: readonly Route[]; left: ReadonlySet<string> } {
  const named = [...documents].map(([{ source }, claims]) => ({ name: source.name, claims, bytes: bytesOf(claims) }));
  named.sort((a, b) => (a.name < b.name ? -1 : 1));
  const room = { routes: MAXIMUM_ROUTES - own.length, bytes: MAXIMUM_TABLE_BYTES - encodedBytes([]) - bytesOf(own) };
  for (;;) {
    const { taken, left } = takeWhatFits(named, room);
    const settled = settleRegions([...own, ...taken], format);
    const routes = revoke(settled.routes);
    // Claims that meet in some methods make more routes than there are claims, and a refusal is longer than nothing.
    const excess = { routes: routes.length - MAXIMUM_ROUTES, bytes: encodedBytes(routes) - MAXIMUM_TABLE_BYTES };
    if ((excess.routes <= 0 && excess.bytes <= 0) || taken.length === 0) return { settled, routes, left };
    room.routes -= Math.max(0, excess.routes);
    room.bytes -= Math.max(0, excess.bytes);
  }
}

function bytesOf(claims: readonly Claim[]): number {
  return claims.reduce((sum, { route }) => sum + (route === undefined ? 0 : routeBytes(route)), 0);
}

function takeWhatFits(
  documents: readonly { readonly name: string; readonly claims: readonly Claim[]; readonly bytes: number }[],
  room: { readonly routes: number; readonly bytes: number },
): { taken: readonly Claim[]; left: ReadonlySet<string> } {
  const taken: Claim[] = [];
  const left = new Set<string>();
  let used = 0;
  for (const { name, claims, bytes } of documents) {
    if (taken.length + claims.length > room.routes || used + bytes > room.bytes) {
      left.add(name);
    } else {
      taken.push(...claims);
      used += bytes;
    }
  }
  return { taken, left };
}

function claimOf(route: Route): Claim {
  return { source: undefined, setting: `policy entry ${route.id}`, match: route.match, route };
}

function tableOf(routes: readonly Route[], unmatched: RouteTable['unmatched'], format: RefusalFormat): RouteTable {
  // By id, so that neither the order of the entries nor that of their sources changes anything.
  const sorted = [...routes].sort((a, b) => (a.id < b.id ? -1 : 1));
  const revision = digestOf([unmatched, format, sorted.map(({ digest }) => digest)]);
  return { revision, routes: sorted, unmatched, format };
}
