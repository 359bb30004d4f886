/** One request, asked about at ext-authz-token-exchange and at ours. */
export interface Case {
  readonly name: string;
  readonly method?: string;
  /** `api.example.com` by default. */
  readonly host?: string;
  /** `/orders/1` by default. */
  readonly path?: string;
  /** What names an answer of the issuer's; undefined: no token comes. */
  readonly subject?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where ours is different on purpose; docs/migrating-from-ext-authz-token-exchange.md has the reason. */
  readonly differs?: Difference;
}

/** What differs: the statuses as they are, theirs and ours, and the other parts by name. */
export interface Difference {
  readonly status?: readonly [theirs: number, ours: number];
  readonly also?: readonly Exclude<Part, 'status'>[];
}

/** What a decision consists of, as far as anybody sees it. */
export type Part = 'status' | 'body' | 'challenge' | 'authorization' | 'tokenRequest';

/** What one of them answered. */
export type Answer = Readonly<Record<Part, string>>;

/** Requests that meet one environment and one set of policy documents. */
export interface Scenario {
  readonly name: string;
  /** Variables of both. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Replaces members of the issuer's profile. */
  readonly profile?: object;
  /** Texts of `config.yaml`, or entries, by the ConfigMap's name. */
  readonly documents: Readonly<Record<string, string | readonly object[]>>;
  readonly cases: readonly Case[];
}
