import type { Configuration } from '../../control/config/configuration.ts';
import { readConfigurationFile } from '../../control/config/file.ts';
import type { AuthenticateDocument } from '../../control/config/provider-document.ts';
import { keySetOf, type SigningKey, signToken } from '../../tools/tokens/signing-key.ts';

const ISSUER = 'https://issuer.example';

/** A file's configuration with one provider, whose keys are inline, and one entry for everything. */
export function configurationWith(
  key: SigningKey,
  authenticate: AuthenticateDocument,
  options: { readonly kind?: 'pass' | 'clientCredentials'; readonly provider?: object; readonly action?: object } = {},
): Configuration {
  const { kind = 'clientCredentials', provider = {}, action = {} } = options;
  const credentials = { issuerRef: 'dex', clientId: { value: 'broker' }, clientSecret: { value: 'secret' } };
  const document = {
    version: 'v1',
    listeners: { check: { address: ':8080' } },
    issuers: { dex: { tokenEndpoint: 'https://dex.example/token' } },
    providers: {
      callers: {
        issuer: ISSUER,
        audiences: ['orders'],
        jwks: { inline: JSON.parse(keySetOf(key)) },
        ...provider,
      },
    },
    policy: {
      entries: [
        { id: 'default', authenticate, action: kind, [kind]: { ...(kind === 'pass' ? {} : credentials), ...action } },
      ],
    },
  };
  return readConfigurationFile('/control.yaml', {}, () => Buffer.from(JSON.stringify(document)));
}

/** A token for that provider. @param now wall clock, ms */
export function callerToken(key: SigningKey, now: number, claims: object = {}): string {
  const seconds = Math.floor(now / 1000);
  return signToken(key, { iss: ISSUER, aud: 'orders', sub: 'alice', exp: seconds + 3600, ...claims });
}
