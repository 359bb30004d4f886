import type { Configuration } from '../../../../control/config/configuration.ts';
import { loadConfiguration } from '../../../../control/config/load.ts';
import { ConfigurationError } from '../../../../control/config/problems.ts';
import type { ReadSecret } from '../../../../control/config/secret-reference.ts';

/** What Kubernetes sets in a pod. */
export const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

/** The file with issuers, where there is one. */
const PROFILES = '/profiles.yaml';

/** An issuer that needs little. */
export const PRIMARY = {
  name: 'primary',
  tokenEndpoint: 'https://issuer.example/token',
  clientID: 'broker',
  clientSecret: 'broker-secret',
};

interface Given {
  readonly environment?: Readonly<Record<string, string>>;
  /** The text of the file, or its issuers. */
  readonly profiles?: string | readonly object[];
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly readSecret?: ReadSecret;
}

/** Reads an environment of ext-authz-token-exchange, in a pod. */
export function read({ environment = {}, profiles, files = {}, readSecret }: Given = {}): Promise<Configuration> {
  const text = typeof profiles === 'string' ? profiles : JSON.stringify({ issuers: profiles });
  const all: Readonly<Record<string, string | Buffer>> = { ...files, ...(profiles && { [PROFILES]: text }) };
  const whole = {
    ...POD,
    GRPC_PORT: '3001',
    ...(profiles && { TOKEN_EXCHANGE_ISSUER_PROFILES_FILE: PROFILES }),
    ...environment,
  };
  const readFile = (path: string) => {
    const content = all[path];
    if (content === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    return Buffer.from(content);
  };
  return loadConfiguration(whole, readFile, undefined, readSecret);
}

/** The one issuer of a file. */
export async function readOne(profile: object, given: Given = {}) {
  const { issuers } = await read({ ...given, profiles: [{ ...PRIMARY, ...profile }] });
  return issuers.get('primary');
}

/** Everything that is wrong with it, one line each. */
export async function problemsOf(given: Given): Promise<string> {
  try {
    await read(given);
    return 'none';
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map(({ setting, message }) => `${setting}: ${message}`).join('\n');
  }
}
