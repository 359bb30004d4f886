import type { SignatureAlgorithm } from '../../config/provider.ts';
import { readVerificationKey, type VerificationKey } from './verification-key.ts';

/** The usable keys of a set by kid; the only key without one has the kid ''. */
export interface ParsedKeySet {
  readonly keys: ReadonlyMap<string, VerificationKey>;
  /** Why the others are not used, for the log. */
  readonly skipped: readonly string[];
}

/** Characters of a kid in the log. */
const MAXIMUM_SHOWN_KID = 60;

/** Keys that an error names. */
const MAXIMUM_REASONS = 3;

/**
 * Reads a JWK Set (RFC 7517 section 5). A key that cannot be used is left out, as the RFC asks. Of several with one kid
 * none is used: which of them a token means, nobody can tell.
 *
 * @throws Error when it is not a set, or holds no usable key
 */
export function parseKeySet(text: string): ParsedKeySet {
  const keys = new Map<string, VerificationKey>();
  const skipped: string[] = [];
  const repeated = new Set<string>();
  for (const jwk of readArray(text)) {
    try {
      const key = readVerificationKey(jwk);
      if (keys.has(key.kid) || repeated.has(key.kid)) {
        keys.delete(key.kid);
        repeated.add(key.kid);
        throw new Error('its kid is that of another key');
      }
      keys.set(key.kid, key);
    } catch (error) {
      skipped.push(`${describe(jwk)}: ${error instanceof Error ? error.message : 'unusable'}`);
    }
  }
  if (keys.size === 0) throw new Error(`the key set holds no usable key${reasons(skipped)}`);
  return { keys, skipped };
}

/**
 * The key that a token means: the one with its kid or, where it names none, the only one that could be meant.
 *
 * @param algorithms those that the provider may use
 */
export function selectKey(
  { keys }: ParsedKeySet,
  kid: string | undefined,
  algorithms: readonly SignatureAlgorithm[],
): VerificationKey | undefined {
  if (kid !== undefined) return keys.get(kid);
  const candidates = [...keys.values()].filter((key) => key.algorithms.some((one) => algorithms.includes(one)));
  return candidates.length === 1 ? candidates[0] : undefined;
}

/** The first few; a set may hold thousands. */
function reasons(skipped: readonly string[]): string {
  return skipped.length === 0 ? '' : ` (${skipped.slice(0, MAXIMUM_REASONS).join('; ')})`;
}

function readArray(text: string): readonly Readonly<Record<string, unknown>>[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error('the key set is not JSON');
  }
  const { keys } = (document ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('the key set has no array of keys');
  return keys.map((key) => (typeof key === 'object' && key !== null ? key : {}));
}

function describe({ kid }: Readonly<Record<string, unknown>>): string {
  return typeof kid === 'string' ? `key ${JSON.stringify(kid.slice(0, MAXIMUM_SHOWN_KID))}` : 'a key without a kid';
}
