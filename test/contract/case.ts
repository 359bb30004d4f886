/**
 * One answer to `POST /v1/decide`, and what the filter must make of it. Control's test checks that control really gives
 * the answers that have a {@link Situation}; the filter's test feeds all of them to the compiled filter.
 */
export interface ContractCase {
  readonly name: string;
  readonly answer: Answer;
  readonly outcome: Outcome;
  /** How control comes to give this answer; undefined when only something else, or something broken, could give it. */
  readonly situation?: Situation;
}

export interface Answer {
  readonly status: number;
  /** In order, names in lower case; a name may come twice. {@link ROUTE} stands for the route that was asked for. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** What the filter does with the request. */
export type Outcome =
  | {
      readonly kind: 'allow';
      /** Headers that the backend gets, each in the place of the client's own. */
      readonly inject: Readonly<Record<string, string>>;
      /** What the filter sends as `x-broker-rejected` when the backend refuses the token; undefined: nothing. */
      readonly tokenDigest: string | undefined;
      /** Whole seconds; undefined when the answer is for this request alone. */
      readonly freshness: { maxAge: number; staleWhileRevalidate: number; staleIfError: number } | undefined;
    }
  | {
      readonly kind: 'deny';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      /** Whole seconds; undefined when the refusal is for this request alone. */
      readonly rememberFor: number | undefined;
    }
  /** The filter fetches its table and asks once more. */
  | { readonly kind: 'unknown-route' }
  /** A failed callout: 503, or a held token within `stale-if-error`. */
  | { readonly kind: 'failed' };

/** What control is asked, and how its issuer answers. */
export interface Situation {
  /** Values of the key inputs, by header name. */
  readonly inputs?: Readonly<Record<string, string | readonly string[]>>;
  /** Variables besides the defaults. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The issuer's token response, or the code of its refusal. */
  readonly issuer?:
    | Readonly<Record<string, string | number>>
    | { readonly refusal: string; readonly retryAfter?: number };
  /** Asks for this route instead of the one in control's table. */
  readonly route?: string;
}

/** Stands for `<id>@<digest>` of the route asked for. */
export const ROUTE = '{route}';

/** 64 digits, where a test needs a revision that holds nothing. */
export const REVISION = '0123456789abcdef'.repeat(4);

/** An answer's headers with the route asked for in the place of {@link ROUTE}. */
export function headersFor({ headers }: Answer, route: string): [string, string][] {
  return headers.map(([name, value]) => [name, value === ROUTE ? route : value]);
}
