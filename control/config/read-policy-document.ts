import type { PolicyEntry } from './configuration.ts';
import type { MatchDocument } from './document.ts';
import { readDurationOf } from './duration.ts';
import { EntryContext } from './entry-context.ts';
import type { OperatorContext } from './operator-value.ts';
import { ConfigurationError, type Problem, Problems } from './problems.ts';
import { readEntry, readMatch } from './read-entry.ts';
import { type Revocation, readRevocation } from './revocation.ts';
import { validators } from './schemas.ts';
import { parseYaml, validate, WHOLE } from './validate-document.ts';

/** What stands in one policy document, as far as it can be read. */
export interface ReadPolicyDocument {
  /** Undefined where it is no policy document at all. */
  readonly entries: readonly ReadEntry[] | undefined;
  /** Those that are good. */
  readonly revocations: readonly Revocation[];
  /** What is wrong with it as a whole, or with its revocations. */
  readonly problems: readonly Problem[];
}

/** One entry; what is wrong with it takes no other entry with it. */
export interface ReadEntry {
  /** The region that it claims; undefined where that cannot be told. */
  readonly match: PolicyEntry['match'] | undefined;
  /** Undefined where there are problems. */
  readonly entry: PolicyEntry | undefined;
  readonly problems: readonly Problem[];
}

interface Options {
  /** As problems name the document: `file orders.yaml`, `configmap team-a/orders`. */
  readonly name: string;
  /** Undefined where teams write it. */
  readonly operator: OperatorContext | undefined;
  /** Reads YAML. @throws ConfigurationError */
  readonly parse?: (text: string) => unknown;
  /** Names an entry in the route table. */
  readonly idOf: (own: string | undefined, index: number) => string;
}

/** Reads a document of policy.schema.json, entry by entry. It never throws: what is wrong is in what it gives. */
export function readPolicyDocument(text: string, options: Options): ReadPolicyDocument {
  try {
    const { parse = parseYaml } = options;
    const { entries, revocations } = validate(validators().policyShell, parse(text));
    const seen = new Set<string>();
    const revoked = revocations.map((raw, index) => readRevoked(raw, `${options.name}: revocations[${index}]`));
    return {
      entries: entries.map((raw, index) => readOne(normalise(raw), index, seen, options)),
      revocations: revoked.flatMap(({ revocation }) => revocation ?? []),
      problems: revoked.flatMap(({ problems }) => problems),
    };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.problems.map((problem) => within(options.name, problem));
    return { entries: undefined, revocations: [], problems };
  }
}

function readOne(raw: unknown, index: number, seen: Set<string>, options: Options): ReadEntry {
  const setting = `${options.name}: entries[${index}]`;
  const match = matchIn(raw);
  try {
    const document = validate(validators().policyEntry, raw);
    const problems = new Problems();
    const { operator } = options;
    const context = new EntryContext({ setting, problems, duration: readDurationOf(problems), operator });
    if (document.id !== undefined && seen.has(document.id)) context.problem('id', 'comes twice; give each its own');
    seen.add(document.id ?? '');
    const entry = readEntry(document, options.idOf(document.id, index), context);
    problems.throwIfAny();
    return { match, entry, problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const problems = error.problems.map((problem) =>
      problem.setting.startsWith(setting) ? problem : within(setting, problem),
    );
    return { match, entry: undefined, problems };
  }
}

function readRevoked(raw: unknown, setting: string) {
  const problems = new Problems();
  const operator = undefined;
  const context = new EntryContext({ setting, problems, duration: readDurationOf(problems), operator });
  try {
    const revocation = readRevocation(validate(validators().revocation, raw), context);
    return { revocation: problems.all.length === 0 ? revocation : undefined, problems: problems.all };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { revocation: undefined, problems: error.problems.map((problem) => within(setting, problem)) };
  }
}

/** The region of an entry, whatever else is wrong with it. Without readable methods it claims all of them. */
function matchIn(raw: unknown): PolicyEntry['match'] | undefined {
  const match: MatchDocument | undefined = isObject(raw) && isObject(raw.match) ? raw.match : undefined;
  if (typeof match?.host !== 'string' || typeof match.pathPrefix !== 'string') return undefined;
  const methods: unknown = match.methods;
  const readable = Array.isArray(methods) && methods.every((method) => typeof method === 'string');
  return readMatch({ ...match, methods: readable ? methods : [] });
}

/** ext-authz-token-exchange takes an action in any case, leaves out what is empty, and ignores `exchange` beside a deny. */
function normalise(raw: unknown): unknown {
  if (!isObject(raw)) return raw;
  const { action, exchange, ...rest } = raw;
  const word = typeof action === 'string' ? action.trim().toLowerCase() : undefined;
  if (word === 'deny') return { ...rest, action: word };
  return {
    ...rest,
    ...(action === undefined ? {} : { action: word === 'exchange' ? word : action }),
    ...(exchange === undefined ? {} : { exchange: isObject(exchange) ? withoutEmpty(exchange) : exchange }),
  };
}

function withoutEmpty(exchange: Record<string, unknown>): Record<string, unknown> {
  const { scope, resources, audiences, ...rest } = exchange;
  const kept: Record<string, unknown> = isBlank(scope) ? { ...rest } : { ...rest, scope };
  for (const [name, values] of Object.entries({ resources, audiences })) {
    if (values === undefined) continue;
    kept[name] = Array.isArray(values)
      ? values.filter((value) => !isBlank(value)).map((value) => (typeof value === 'string' ? value.trim() : value))
      : values;
  }
  return kept;
}

function isBlank(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value.trim() === '');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function within(name: string, { setting, message }: Problem): Problem {
  return { setting: setting === WHOLE ? name : `${name}: ${setting}`, message };
}
