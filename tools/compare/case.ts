/** One request, sent to DexTokenBroker, to our `/check`, and through Envoy with the filter. */
export interface Case {
  readonly name: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly method?: string;
  /** Where ours is different on purpose; docs/migrating-from-dex-token-broker.md has the reason. */
  readonly differs?: { readonly peer: number; readonly ours: number; readonly filter?: number };
}

/** Requests that meet one configuration. */
export interface Scenario {
  readonly name: string;
  /** Variables of both. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
}

/** What a scenario is made with. */
export interface Surroundings {
  /** Serves the documents of {@link publish} under `<url>/<name>`. */
  readonly url: string;
  /** A port on which nothing listens. */
  readonly closedPort: number;
  publish(name: string, document: string): string;
}

/** Seconds since the epoch. */
export function seconds(offset = 0): number {
  return Math.floor(Date.now() / 1000) + offset;
}

export function bearer(token: string): Case['headers'] {
  return { authorization: `Bearer ${token}` };
}
