import type { PolicyDocumentSource } from '../config/policy-source.ts';
import { type Problem, Problems } from '../config/problems.ts';
import { type ReadEntry, readPolicyDocument } from '../config/read-policy-document.ts';
import type { Revocation } from '../config/revocation.ts';
import type { Claim, Match } from './claim.ts';
import type { CompileEntry } from './compile.ts';
import { ownershipProblem } from './ownership.ts';
import { compileMatch } from './region.ts';

/** A document, compiled as far as it can be. */
export interface CompiledDocument {
  readonly claims: readonly Claim[];
  readonly revocations: readonly Revocation[];
  readonly hasBadRevocation: boolean;
  readonly problems: readonly Problem[];
  /** False where it is no policy document at all: then nothing is known of what it claims now. */
  readonly readable: boolean;
}

/**
 * Compiles a document entry by entry. What a bad entry claims is closed, and the rest goes on; a claim for a host that is
 * not its owner's is none.
 *
 * @param idOf names an entry in the route table
 * @param parse reads YAML
 */
export function compileDocument(
  source: PolicyDocumentSource,
  compile: CompileEntry,
  idOf: (own: string | undefined, index: number) => string,
  parse?: (text: string) => unknown,
): CompiledDocument {
  const { name, content, hosts, operator } = source;
  if (content.kind === 'missing') {
    const problems = [{ setting: name, message: content.problem }];
    return { ...UNREADABLE, problems };
  }
  const document = readPolicyDocument(content.text, { name, operator, idOf, ...(parse && { parse }) });
  if (document.entries === undefined) return { ...UNREADABLE, problems: document.problems };
  const compiled = document.entries.map((entry, index) =>
    compileOne(entry, `${name}: entries[${index}]`, { name, hosts, compile }),
  );
  return {
    claims: compiled.flatMap(({ claim }) => claim ?? []),
    revocations: document.revocations,
    hasBadRevocation: document.problems.length > 0,
    problems: [...document.problems, ...compiled.flatMap(({ problems }) => problems)],
    readable: true,
  };
}

const UNREADABLE = { claims: [], revocations: [], hasBadRevocation: false, readable: false } as const;

interface Context {
  readonly name: string;
  readonly hosts: readonly string[] | undefined;
  readonly compile: CompileEntry;
}

function compileOne(
  { match, entry, problems: found }: ReadEntry,
  setting: string,
  { name, hosts, compile }: Context,
): { claim: Claim | undefined; problems: readonly Problem[] } {
  const region = match && regionOf(match);
  const stolen = region && ownershipProblem(hosts, region.host);
  if (stolen !== undefined) return { claim: undefined, problems: [...found, { setting, message: stolen }] };
  const problems = new Problems();
  const route = entry && compile(entry, problems);
  const all = [...found, ...problems.all];
  const claim = region && { source: name, setting, match: region, route: all.length === 0 ? route : undefined };
  return { claim, problems: all };
}

/** The region in its canonical form; undefined where its host or path is none, so that nobody can say what it claims. */
export function regionOf(match: Match): Match | undefined {
  const problems = new Problems();
  const region = compileMatch({ ...match, methods: [] }, '', problems);
  if (problems.all.length > 0) return undefined;
  const methods = new Problems();
  const whole = compileMatch(match, '', methods);
  return methods.all.length === 0 ? whole : region;
}
