import { Secret } from '../secret.ts';
import type { Environment } from './environment-reader.ts';
import type { OperatorSourceDocument } from './exchange-document.ts';
import type { Files } from './read-files.ts';

/** @returns undefined when it is in a file that cannot be read, which is a problem already */
export function operatorValue(
  setting: string,
  source: OperatorSourceDocument,
  { environment, files }: { readonly environment: Environment; readonly files: Files },
): Secret | undefined {
  if (source.file !== undefined) return files.secret(setting, source.file);
  return new Secret(source.value ?? environment[source.environment ?? ''] ?? '');
}
