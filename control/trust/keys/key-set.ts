import type { SignatureAlgorithm } from '../../config/provider.ts';
import { type ParsedKeySet, selectKey } from './parse-key-set.ts';
import type { VerificationKey } from './verification-key.ts';

/** What became of a look for a key. */
export type KeyLookup =
  | { readonly kind: 'found'; readonly key: VerificationKey }
  /** @param trueFor ms in which asking again is of no use */
  | { readonly kind: 'unknown'; readonly trueFor: number }
  | { readonly kind: 'unavailable'; readonly trueFor: number };

/** A provider's keys. */
export interface KeySet {
  /** @param kid undefined: the token names none @param algorithms those that the provider may use */
  find(kid: string | undefined, algorithms: readonly SignatureAlgorithm[]): Promise<KeyLookup>;
  /** Ends what goes on behind requests. */
  close(): Promise<void>;
}

/** A set that the operator gave, and that never changes. */
export class LocalKeySet implements KeySet {
  readonly #set: ParsedKeySet;

  constructor(set: ParsedKeySet) {
    this.#set = set;
  }

  async find(kid: string | undefined, algorithms: readonly SignatureAlgorithm[]): Promise<KeyLookup> {
    const key = selectKey(this.#set, kid, algorithms);
    return key === undefined ? { kind: 'unknown', trueFor: Number.POSITIVE_INFINITY } : { kind: 'found', key };
  }

  async close(): Promise<void> {}
}
