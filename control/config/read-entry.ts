import { Secret } from '../secret.ts';
import type { CredentialSource, PolicyEntry } from './configuration.ts';
import { staticValueProblem } from './credential-limits.ts';
import type { ClientCredentialsDocument, EntryDocument, MatchDocument, SourceDocument } from './document.ts';
import type { EntryContext } from './entry-context.ts';
import { operatorValue } from './operator-value.ts';
import { readAuthenticateDocument } from './read-authenticate.ts';
import { readExchangeDocument } from './read-exchange.ts';
import { readKubernetesDocument } from './read-kubernetes.ts';

/** Members that belong to one action alone. */
const MEMBERS = ['pass', 'clientCredentials', 'exchange', 'kubernetes'] as const;

/**
 * A policy entry, wherever it was written.
 *
 * @param id what names it in the route table
 */
export function readEntry(document: EntryDocument, id: string, context: EntryContext): PolicyEntry {
  const { action, authenticate } = document;
  for (const member of MEMBERS.filter((each) => each !== action)) {
    if (document[member] !== undefined) context.problem(member, `is not used by action ${action}; remove it`);
  }
  if (action === 'deny' && authenticate !== undefined) {
    context.problem('authenticate', 'is not used by action deny, which lets nobody through; remove it');
  }
  return {
    id,
    setting: context.setting,
    match: readMatch(document.match),
    unauthenticatedOptions: document.unauthenticatedOptions,
    action: readAction(document, context),
  };
}

/** As ext-authz-token-exchange reads them: without white space around, a port, or a missing slash. */
export function readMatch({ host = '*', pathPrefix = '/', methods = [] }: MatchDocument = {}): PolicyEntry['match'] {
  const path = pathPrefix.trim();
  const named = methods.map((method) => method.trim().toUpperCase()).filter((method) => method !== '');
  return {
    host: host.trim().toLowerCase().replace(/:\d+$/, ''),
    pathPrefix: path.startsWith('/') || path === '' ? path : `/${path}`,
    methods: named.includes('*') ? [] : named,
  };
}

function readAction(document: EntryDocument, context: EntryContext): PolicyEntry['action'] {
  const authenticate = document.authenticate && readAuthenticateDocument(document.authenticate, context);
  switch (document.action) {
    case 'pass':
      return { kind: 'pass', strip: document.pass?.strip ?? [], authenticate };
    case 'deny':
      return { kind: 'deny' };
    case 'clientCredentials':
      return { ...readClientCredentials(required(document.clientCredentials), context), authenticate };
    case 'exchange':
      return { ...readExchangeDocument(required(document.exchange), context), authenticate };
    case 'kubernetes':
      return { ...readKubernetesDocument(required(document.kubernetes), context), authenticate };
  }
}

/** The schema lets no action through without its member. */
function required<Member>(member: Member | undefined): Member {
  if (member === undefined) throw new Error('an action without its member passed the schema');
  return member;
}

function readClientCredentials(document: ClientCredentialsDocument, context: EntryContext) {
  const { clientSecret, scope } = document;
  return {
    kind: 'clientCredentials',
    issuer: document.issuerRef,
    clientId: readSource('clientId', document.clientId, context),
    clientSecret: clientSecret && readSource('clientSecret', clientSecret, context),
    scope: scope && readSource('scope', scope, context),
    authorizationHeader: document.authorizationHeader ?? 'authorization',
    tokenHeaders: document.tokenHeaders ?? [],
    strip: document.strip ?? [],
    needsSecret: context.operator === undefined,
  } as const;
}

function readSource(
  part: 'clientId' | 'clientSecret' | 'scope',
  source: SourceDocument,
  context: EntryContext,
): CredentialSource {
  if (source.header !== undefined) return { from: 'header', header: source.header };
  const field = `clientCredentials.${part}`;
  const value = operatorValue(context.nameOf(field), source, context);
  const problem = value && staticValueProblem(part, value);
  if (problem !== undefined) context.problem(field, problem);
  return { from: 'static', value: value ?? new Secret('') };
}
