import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { BROKER_CLIENT, type LoginProvider } from './identity-provider.ts';

const SHIPPED = new URL('../../envoy/login/control.yaml', import.meta.url);

/** The shipped configuration of control, for an identity provider that was started. */
export function controlConfiguration({ tokenEndpoint, exchange }: LoginProvider): string {
  const configuration = parse(readFileSync(SHIPPED, 'utf8'));
  configuration.issuers.login.tokenEndpoint = tokenEndpoint;
  configuration.issuers.login.client = { id: { value: BROKER_CLIENT.id }, secret: { value: BROKER_CLIENT.secret } };
  const [shop] = configuration.policy.entries;
  const { audiences: _audiences, ...rest } = shop.exchange;
  shop.exchange = { ...rest, ...exchange };
  return stringify(configuration);
}
