import type { Configuration } from './configuration.ts';
import { readEnvironment } from './environment.ts';
import type { Environment } from './environment-reader.ts';
import type { ReadFile } from './read-files.ts';
import type { ReadSecret } from './secret-reference.ts';
import { tokenExchangeVariable } from './token-exchange/mode.ts';
import type { TokensmithFlags } from './tokensmith/flags.ts';

/**
 * The configuration, from a file where one is named and from the environment alone otherwise: DexTokenBroker's, or that of
 * ext-authz-token-exchange where one of its variables is set.
 *
 * @param path the file that the command line names, or the flags of tokensmith that it holds
 * @param readSecret reads Secrets of Kubernetes; without it the configuration must not name any
 * @throws ConfigurationError with everything that is wrong
 */
export async function loadConfiguration(
  environment: Environment,
  readFile: ReadFile,
  path: string | TokensmithFlags | undefined = environment.CONFIG_FILE || undefined,
  readSecret?: ReadSecret,
): Promise<Configuration> {
  // Each only where it is meant: compiling their schemas would slow down every start.
  if (path === undefined) {
    const decisive = tokenExchangeVariable(environment);
    if (decisive === undefined) return readEnvironment(environment, readFile);
    const { readTokenExchangeEnvironment } = await import('./token-exchange/read-token-exchange.ts');
    return readTokenExchangeEnvironment(environment, readFile, decisive, readSecret);
  }
  if (typeof path === 'object') {
    return (await import('./tokensmith/read-tokensmith.ts')).readTokensmith(path, environment, readFile);
  }
  const { readConfigurationFile } = await import('./file.ts');
  return readConfigurationFile(path, environment, readFile, readSecret);
}
