import type { AuthenticateDocument } from '../../../control/config/provider-document.ts';
import { createSigningKey } from '../../../tools/tokens/signing-key.ts';
import { type Booted, boot, routeReference } from '../boot.ts';
import { callerToken, configurationWith } from '../jwt-mode.ts';

const key = createSigningKey();
export const CALLERS: AuthenticateDocument = { providers: ['callers'] };
type Options = Parameters<typeof configurationWith>[2];

/** The service with one entry that asks callers for a JWT. */
export const start = (authenticate: AuthenticateDocument = CALLERS, options: Options = {}) =>
  boot({ configuration: configurationWith(key, authenticate, options) });

/** A good token of a caller's, with these claims besides. */
export const tokenFor = ({ clock }: Booted, claims: object = {}) => callerToken(key, clock.now(), claims);

export const check = async ({ check: endpoint }: Booted, headers: Record<string, string> = {}) =>
  await endpoint?.inject({ url: '/check', headers });

/** Asks as the filter does. */
export async function decide(booted: Booted, headers: Record<string, string | string[]> = {}) {
  const route = await routeReference(booted);
  return booted.filter?.inject({ method: 'POST', url: '/v1/decide', headers: { 'x-broker-route': route, ...headers } });
}
