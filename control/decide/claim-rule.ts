import type { RequiredClaim } from '../config/provider.ts';

/** Whether a claim is what it must be; a claim that is absent never is. */
export function claimHolds(required: RequiredClaim, value: unknown): boolean {
  if (value === undefined || value === null) return false;
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
export function elementsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'string' ? value.split(' ') : [value];
}
