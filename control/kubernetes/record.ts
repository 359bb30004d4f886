/** Members of a JSON object by name. */
export type Members = Readonly<Record<string, unknown>>;

/** The members of a JSON value; none when it is no object. */
export function record(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}

/** The texts of a JSON array; none when it is no array. */
export function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
