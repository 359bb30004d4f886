import type Provider from 'oidc-provider';
import type { Context } from 'oidc-provider';
import { JWT_BEARER, TOKEN_EXCHANGE } from './token-exchange.ts';

/** Which token requests came; the client is `unknown` where it is none of the server's. */
export interface RequestFilter {
  readonly clientId?: string;
  readonly grant?: string;
  readonly outcome?: 'granted' | 'refused';
}

/** Counts token requests that reached the provider, by client, grant and outcome. */
export class Tally {
  readonly #counts = new Map<string, { readonly request: Required<RequestFilter>; count: number }>();

  constructor(provider: Provider) {
    provider.on('grant.success', (context: Context) => this.#add(context, 'granted'));
    provider.on('grant.error', (context: Context) => this.#add(context, 'refused'));
  }

  /** Token requests that match all that the filter says. */
  count(filter: RequestFilter = {}): number {
    let sum = 0;
    for (const { request, count } of this.#counts.values()) {
      const matches = Object.entries(filter).every(([name, value]) => request[name as keyof RequestFilter] === value);
      if (matches) sum += count;
    }
    return sum;
  }

  #add(context: Context, outcome: 'granted' | 'refused'): void {
    const clientId = context.oidc?.client?.clientId ?? 'unknown';
    // A grant that the server does not know is a word of the caller's, and there is no end of those.
    const grant = outcome === 'granted' ? (context.oidc?.params?.grant_type ?? 'unknown') : knownGrant(context);
    const key = JSON.stringify([clientId, grant, outcome]);
    const former = this.#counts.get(key);
    if (former === undefined) this.#counts.set(key, { request: { clientId, grant, outcome }, count: 1 });
    else former.count += 1;
  }
}

function knownGrant(context: Context): string {
  const grant = context.oidc?.params?.grant_type ?? '';
  return ['client_credentials', TOKEN_EXCHANGE, JWT_BEARER].includes(grant) ? grant : 'unknown';
}
