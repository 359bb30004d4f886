import type { ProviderConfiguration } from '../config/provider.ts';
import type { Clock, VerifiedToken } from '../decide/ports.ts';
import { checkIssuer, checkRegisteredClaims } from './check-claims.ts';
import { checkRequiredClaims } from './check-required-claims.ts';
import type { KeySet } from './keys/key-set.ts';
import type { ParsedToken } from './parse-token.ts';
import { shown, TokenRefused } from './refusal.ts';
import { verifySignature } from './verify-signature.ts';

/** One provider's judgement. */
export class Provider {
  readonly configuration: ProviderConfiguration;
  readonly keySet: KeySet;
  readonly #clock: Clock;

  constructor(configuration: ProviderConfiguration, keySet: KeySet, clock: Clock) {
    this.configuration = configuration;
    this.keySet = keySet;
    this.#clock = clock;
  }

  /** @throws TokenRefused */
  async judge(token: ParsedToken): Promise<VerifiedToken> {
    const { algorithms, issuers, maximumBytes, name, requiredClaims } = this.configuration;
    if (token.text.length > maximumBytes) {
      throw new TokenRefused('jwt_too_large', `it has ${token.text.length} bytes; the most is ${maximumBytes}`);
    }
    // Before any key is looked up: a token of another provider's must not have this one's key set fetched.
    checkIssuer(token.claims, issuers);
    this.#checkType(token);
    const algorithm = algorithms.find((allowed) => allowed === token.algorithm);
    if (algorithm === undefined) {
      throw new TokenRefused('jwt_algorithm_refused', `alg is ${shown(token.algorithm)}, not ${algorithms.join(', ')}`);
    }
    await verifySignature(token, algorithm, await this.#findKey(token));
    const expiresAt = checkRegisteredClaims(token.claims, this.configuration, this.#clock.now());
    checkRequiredClaims(token.claims, requiredClaims);
    return { provider: name, claims: token.claims, payload: token.payload, expiresAt };
  }

  /** RFC 7515 section 4.1.9: a media type without `application/`, compared without case. */
  #checkType({ type }: ParsedToken): void {
    const expected = this.configuration.type;
    if (expected !== undefined && mediaType(type ?? '') !== mediaType(expected)) {
      throw new TokenRefused('jwt_wrong_type', `typ is ${shown(type)}, not ${expected}`);
    }
  }

  async #findKey({ kid }: ParsedToken) {
    const lookup = await this.keySet.find(kid, this.configuration.algorithms);
    if (lookup.kind === 'found') return lookup.key;
    if (lookup.kind === 'unavailable') {
      throw new TokenRefused('jwt_keys_unavailable', 'no key set could be fetched yet', lookup.trueFor);
    }
    const detail = kid === undefined ? 'there is no kid, and no only key' : `kid is ${shown(kid)}, in no key set held`;
    throw new TokenRefused('jwt_unknown_kid', detail, lookup.trueFor);
  }
}

function mediaType(type: string): string {
  return type.toLowerCase().replace(/^application\//, '');
}
