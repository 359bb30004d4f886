import type { ClaimValue, RequiredClaim } from '../config/provider.ts';
import { readClaim } from '../decide/claim-path.ts';
import type { ParsedToken } from './parse-token.ts';
import { TokenRefused } from './refusal.ts';

/** @throws TokenRefused jwt_claim_refused, naming the rule and not the claim's value, which may be personal */
export function checkRequiredClaims(claims: ParsedToken['claims'], required: readonly RequiredClaim[]): void {
  for (const rule of required) {
    const value = readClaim(claims, rule.claim);
    if (value === undefined) throw new TokenRefused('jwt_claim_refused', `there is no claim ${rule.claim}`);
    if (!holds(rule, value)) throw new TokenRefused('jwt_claim_refused', `${rule.claim}: ${rule.rule} does not hold`);
  }
}

function holds(required: RequiredClaim, value: unknown): boolean {
  switch (required.rule) {
    case 'present':
      return true;
    case 'equals':
      return value === required.value;
    case 'oneOf':
      return required.values.some((allowed) => value === allowed);
    case 'contains':
      return elementsOf(value).some((element) => element === required.value);
  }
}

/** An array's elements, or the words of a text that lists them as `scope` does (RFC 6749 section 3.3). */
function elementsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'string' ? value.split(' ') : ([value] as ClaimValue[]);
}
