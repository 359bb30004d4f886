/**
 * The claim that a path names: `groups`, or `realm_access.roles` for a member of a member. A claim whose own name is the
 * whole path, dots and all (`https://example.com/roles`), comes first, because that is how namespaced claims are written.
 *
 * @returns undefined when the claim is absent or null
 */
export function readClaim(claims: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path] ?? undefined;
  let value: unknown = claims;
  for (const segment of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, segment)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[segment];
  }
  return value ?? undefined;
}
