import { Secret } from '../secret.ts';
import type { CredentialSource, PolicyEntry } from './configuration.ts';
import { staticValueProblem } from './credential-limits.ts';
import type { ActionDocument, EntryDocument, SourceDocument } from './document.ts';
import type { Environment } from './environment-reader.ts';
import { readAuthenticateDocument } from './file-authenticate.ts';
import { readExchangeDocument } from './file-exchange.ts';
import { operatorValue } from './operator-value.ts';
import type { Problems } from './problems.ts';
import type { Files } from './read-files.ts';

interface Context {
  readonly environment: Environment;
  readonly duration: (setting: string, text: string, minimum: number, maximum: number) => number;
  readonly files: Files;
  readonly problems: Problems;
}

/** One element of `policy.entries`. */
export function readEntry({ id, match, action }: EntryDocument, context: Context): PolicyEntry {
  return { id, match, action: readAction(`policy entry ${id}`, action, context) };
}

function readAction(setting: string, action: ActionDocument, context: Context): PolicyEntry['action'] {
  switch (action.kind) {
    case 'pass':
      return {
        kind: 'pass',
        strip: action.strip ?? [],
        authenticate: action.authenticate && readAuthenticateDocument(setting, action.authenticate, context),
      };
    case 'deny':
      return { kind: 'deny' };
    case 'clientCredentials': {
      const { clientSecret, scope } = action;
      return {
        kind: 'clientCredentials',
        issuer: action.issuer,
        clientId: readSource(setting, 'clientId', action.clientId, context),
        clientSecret: clientSecret && readSource(setting, 'clientSecret', clientSecret, context),
        scope: scope && readSource(setting, 'scope', scope, context),
        authorizationHeader: action.authorizationHeader ?? 'authorization',
        tokenHeaders: action.tokenHeaders ?? [],
        strip: action.strip ?? [],
        authenticate: action.authenticate && readAuthenticateDocument(setting, action.authenticate, context),
      };
    }
    case 'exchange':
      return readExchangeDocument(setting, action, context);
  }
}

function readSource(
  entry: string,
  part: 'clientId' | 'clientSecret' | 'scope',
  source: SourceDocument,
  { environment, files, problems }: Context,
): CredentialSource {
  const setting = `${entry}: ${part}`;
  if (source.header !== undefined) {
    return { from: 'header', header: source.header };
  }
  const value = operatorValue(setting, source, { environment, files });
  const problem = value && staticValueProblem(part, value);
  if (problem !== undefined) {
    problems.add(setting, problem);
  }
  return { from: 'static', value: value ?? new Secret('') };
}
