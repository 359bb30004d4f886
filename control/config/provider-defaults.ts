/** Of a token as a whole: DexTokenBroker's limit. */
export const MAXIMUM_TOKEN_BYTES = 16 * 1024;

/** ms for which a fetched key set is fresh: at least, at most, and where the server does not say. */
export const FRESHNESS = { minimum: 60_000, maximum: 3_600_000, default: 600_000 };

/** ms for which a key set is used when no newer one can be fetched. */
export const HARD_LIMIT = 86_400_000;
