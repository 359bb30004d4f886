import { Secret } from '../secret.ts';
import type { Environment } from './environment-reader.ts';
import type { OperatorSourceDocument } from './exchange-document.ts';
import type { Problems } from './problems.ts';
import { Files, type ReadFile } from './read-files.ts';
import { findSecret, type SecretContext, type SecretReferenceDocument } from './secret-reference.ts';

/** What only the operator's own configuration may read. */
export interface OperatorContext extends SecretContext {
  readonly environment: Environment;
  readonly readFile: ReadFile;
}

/**
 * A value that does not come with the request.
 *
 * @param operator undefined where whoever wrote it is not the operator
 * @returns undefined after a problem
 */
export function operatorValue(
  setting: string,
  source: OperatorSourceDocument,
  { operator, problems }: { readonly operator: OperatorContext | undefined; readonly problems: Problems },
): Secret | undefined {
  const { file, environment, secretRef, value } = source;
  if (value !== undefined) return new Secret(value);
  if (operator === undefined) {
    problems.add(setting, "is for the operator's own configuration alone, unless it is a value; remove it");
    return undefined;
  }
  if (file !== undefined) return new Files(operator.readFile, problems).secret(setting, file);
  if (secretRef !== undefined) return fromSecret(setting, secretRef, operator, problems);
  return new Secret(operator.environment[environment ?? ''] ?? '');
}

function fromSecret(
  setting: string,
  reference: SecretReferenceDocument,
  operator: OperatorContext,
  problems: Problems,
): Secret | undefined {
  const value = findSecret(reference, operator);
  if (typeof value !== 'string') return value;
  problems.add(setting, value);
  return undefined;
}
