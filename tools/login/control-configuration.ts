import { stringify } from 'yaml';
import { BROKER_CLIENT, type LoginProvider } from './identity-provider.ts';

/** Control's configuration file: whoever has logged in gets the backend's token, and nothing else gets through. */
export function controlConfiguration(provider: LoginProvider): string {
  const client = { id: { value: BROKER_CLIENT.id }, secret: { value: BROKER_CLIENT.secret } };
  const exchange = {
    issuerRef: 'login',
    subjectToken: { cookie: '__Host-login-access-token' },
    ...provider.exchange,
  };
  return stringify({
    version: 'v1',
    issuers: { login: { tokenEndpoint: provider.tokenEndpoint, allowInsecure: true, client } },
    policy: { unmatched: 'deny', entries: [{ id: 'shop', action: 'exchange', exchange }] },
  });
}
