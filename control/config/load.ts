import type { Configuration } from './configuration.ts';
import { readEnvironment } from './environment.ts';
import type { Environment } from './environment-reader.ts';
import type { ReadFile } from './read-files.ts';
import type { ReadSecret } from './secret-reference.ts';

/**
 * The configuration, from a file where one is named and from the environment alone otherwise.
 *
 * @param path the file that the command line names
 * @param readSecret reads Secrets of Kubernetes; without it the configuration must not name any
 * @throws ConfigurationError with everything that is wrong
 */
export async function loadConfiguration(
  environment: Environment,
  readFile: ReadFile,
  path = environment.CONFIG_FILE || undefined,
  readSecret?: ReadSecret,
): Promise<Configuration> {
  if (path === undefined) {
    return readEnvironment(environment, readFile);
  }
  // Only then: compiling its schema would slow down every start.
  const { readConfigurationFile } = await import('./file.ts');
  return readConfigurationFile(path, environment, readFile, readSecret);
}
