import type { IdentityProvider } from './identity-provider.ts';

/** Holds every token request back until it is opened. */
export interface Gate {
  open(): void;
}

/** Closes the way to the issuer: whoever needs a new token waits, for as long as a test wants. */
export function holdTokenRequests(identityProvider: IdentityProvider): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  identityProvider.disturb({ until: promise });
  return {
    open() {
      identityProvider.disturb(undefined);
      resolve();
    },
  };
}

/** What a deployment needs so that waiting is ended by a gate and not by a limit of its own. */
export const PATIENT = { plugin: { timeoutMilliseconds: 30_000 }, control: { HTTP_TIMEOUT: '30s' } };
