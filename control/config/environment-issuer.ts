import type { ClientAuthentication, IssuerConfiguration } from './configuration.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import { readBudget } from './environment-settings.ts';
import { DEFAULT_EXCHANGE, DEFAULT_REALM, readExtraParameters, readTokenEndpoint } from './issuer-settings.ts';
import type { Problems } from './problems.ts';
import type { Files } from './read-files.ts';
import type { VariableName } from './variables.ts';

interface Sources {
  readonly name: string;
  readonly reader: EnvironmentReader;
  readonly files: Files;
  readonly problems: Problems;
}

/** Variables that one method of client authentication needs, and those that only it uses. */
const NEEDED: Readonly<Record<string, readonly VariableName[]>> = {
  private_key_jwt: ['CLIENT_PRIVATE_KEY_FILE'],
  tls_client_auth: ['CLIENT_CERT_FILE', 'CLIENT_KEY_FILE'],
};
const USED: Readonly<Record<string, readonly VariableName[]>> = {
  private_key_jwt: [
    'CLIENT_PRIVATE_KEY_FILE',
    'CLIENT_KEY_ID',
    'CLIENT_ASSERTION_ALGORITHM',
    'CLIENT_ASSERTION_AUDIENCE',
  ],
  tls_client_auth: ['CLIENT_CERT_FILE', 'CLIENT_KEY_FILE'],
};

/** The one issuer that environment variables describe. */
export function readIssuer(sources: Sources): IssuerConfiguration {
  const { name, reader, files, problems } = sources;
  const caFile = reader.optional('ISSUER_CA_FILE');
  const insecure = { allowed: reader.boolean('ALLOW_INSECURE_DEX_URL'), setting: 'ALLOW_INSECURE_DEX_URL' };
  const parameters = new URLSearchParams(reader.text('TOKEN_PARAMETERS'));
  return {
    name,
    tokenEndpoint: readTokenEndpoint('DEX_TOKEN_URL', reader.text('DEX_TOKEN_URL'), insecure, problems),
    timeout: reader.duration('HTTP_TIMEOUT'),
    caFile: caFile === undefined ? undefined : files.certificates('ISSUER_CA_FILE', caFile),
    clientAuthentication: readClientAuthentication(sources),
    client: undefined,
    extraParameters: readExtraParameters('TOKEN_PARAMETERS', parameters, problems),
    exchange: DEFAULT_EXCHANGE,
    realm: DEFAULT_REALM,
    showErrors: false,
    budget: readBudget(reader),
  };
}

function readClientAuthentication({ reader, files, problems }: Sources): ClientAuthentication {
  const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth'] as const;
  const method = reader.choice('CLIENT_AUTH_METHOD', methods);
  for (const name of NEEDED[method] ?? []) {
    if (!reader.has(name)) {
      problems.add(name, `is missing; CLIENT_AUTH_METHOD=${method} needs it`);
    }
  }
  for (const [other, names] of Object.entries(USED)) {
    for (const name of other === method ? [] : names.filter((candidate) => reader.has(candidate))) {
      problems.add(name, `is only used by CLIENT_AUTH_METHOD=${other}; unset it, or set that`);
    }
  }
  const file = (name: VariableName, read: (setting: string, path: string) => string) =>
    reader.has(name) ? read(name, reader.text(name)) : '';
  const certificates = (setting: string, path: string) => files.certificates(setting, path);
  const privateKey = (setting: string, path: string) => files.privateKey(setting, path);
  switch (method) {
    case 'private_key_jwt':
      return {
        method,
        privateKeyFile: file('CLIENT_PRIVATE_KEY_FILE', privateKey),
        keyId: reader.optional('CLIENT_KEY_ID'),
        algorithm: reader.choice('CLIENT_ASSERTION_ALGORITHM', ['RS256', 'PS256', 'ES256', 'EdDSA']),
        audience: reader.optional('CLIENT_ASSERTION_AUDIENCE'),
      };
    case 'tls_client_auth':
      return {
        method,
        certificateFile: file('CLIENT_CERT_FILE', certificates),
        keyFile: file('CLIENT_KEY_FILE', privateKey),
      };
    default:
      return { method };
  }
}
