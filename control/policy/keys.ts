import { createHmac, randomBytes } from 'node:crypto';
import type { Secret } from '../secret.ts';

/** Keys with one purpose each, from one: who holds one of them learns nothing of the others. */
export interface Keys {
  /** Goes to the filter with the route table: keys its cache entries and lookups. */
  readonly filter: Buffer;
  /** Keys the digests of secrets. */
  readonly digest: Buffer;
  /** Keys what tokens are remembered by. */
  readonly store: Buffer;
}

/** What keys are derived from where the operator gives none: different on each replica, and after each start. */
export function randomRoot(): Buffer {
  return randomBytes(32);
}

/**
 * @param key bytes as latin1 text, 32 or more
 * @param otherwise stands in for it
 */
export function deriveKeys(key: Secret | undefined, otherwise: Buffer): Keys {
  const root = key === undefined ? otherwise : Buffer.from(key.reveal(), 'latin1');
  const derive = (purpose: string) => createHmac('sha256', root).update(`envoy-token-broker ${purpose} 1`).digest();
  return { filter: derive('filter cache'), digest: derive('secret digest'), store: derive('token store') };
}
