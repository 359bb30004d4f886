import type { RequiredClaim } from '../config/provider.ts';
import { readClaim } from '../decide/claim-path.ts';
import { claimHolds } from '../decide/claim-rule.ts';
import type { ParsedToken } from './parse-token.ts';
import { TokenRefused } from './refusal.ts';

/** @throws TokenRefused jwt_claim_refused, naming the rule and not the claim's value, which may be personal */
export function checkRequiredClaims(claims: ParsedToken['claims'], required: readonly RequiredClaim[]): void {
  for (const rule of required) {
    const value = readClaim(claims, rule.claim);
    if (value === undefined) throw new TokenRefused('jwt_claim_refused', `there is no claim ${rule.claim}`);
    if (!claimHolds(rule, value))
      throw new TokenRefused('jwt_claim_refused', `${rule.claim}: ${rule.rule} does not hold`);
  }
}
