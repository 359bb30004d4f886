/** Elements of a claim that is an array, and links of a delegation chain, that are recorded at most. */
const MAXIMUM_ELEMENTS = 8;
/** Characters of one text. */
const MAXIMUM_TEXT = 256;

type Claims = Readonly<Record<string, unknown>>;

/** The allowed claims that are there, cut to a bounded size; an object as a claim's value is left out. */
export function readAllowedClaims(claims: Claims, allowed: readonly string[]): Record<string, unknown> {
  const read = allowed.map((name) => [name, Object.hasOwn(claims, name) ? bounded(claims[name]) : undefined] as const);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

/** One who acted for the subject, as far as it is recorded. */
export interface Actor {
  readonly iss?: unknown;
  readonly sub?: unknown;
}

/**
 * The delegation chain (RFC 8693 section 4.1), whoever acts now first. Each link's other claims are left out: nobody has
 * allowed them.
 */
export function readActors(claims: Claims): readonly Actor[] {
  const actors: Actor[] = [];
  for (let act = claims.act; isObject(act) && actors.length < MAXIMUM_ELEMENTS; act = act.act) {
    actors.push(readAllowedClaims(act, ['iss', 'sub']));
  }
  return actors;
}

function isObject(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bounded(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, MAXIMUM_ELEMENTS).map(scalar);
  return scalar(value);
}

function scalar(value: unknown): unknown {
  if (typeof value === 'string') return value.length > MAXIMUM_TEXT ? `${value.slice(0, MAXIMUM_TEXT)}…` : value;
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}
