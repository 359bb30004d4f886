import type { EntryContext } from './entry-context.ts';
import {
  type AccountRule,
  type AccountRules,
  type AccountSourceConfiguration,
  DENIED_NAMESPACES,
  type KubernetesAction,
  type NameLists,
} from './kubernetes.ts';
import type {
  AccountRuleDocument,
  AccountSourceDocument,
  KubernetesDocument,
  NameListsDocument,
} from './kubernetes-document.ts';
import { readPlace } from './read-authenticate.ts';

const HOUR = 3_600_000;

/** The member `kubernetes` of an entry. */
export function readKubernetesDocument(document: KubernetesDocument, context: EntryContext): KubernetesAction {
  const { subjectToken, accounts = {} } = document;
  if (context.operator === undefined) {
    // A team that may name accounts could become anybody in the target.
    context.problem('kubernetes', "is for the operator's own configuration alone; remove the entry");
  }
  return {
    kind: 'kubernetes',
    sources: document.sources.map((source, index) => readSource(source, `kubernetes.sources[${index}]`, context)),
    target: document.target,
    subjectToken: subjectToken && readPlace(subjectToken),
    audiences: document.audiences ?? [],
    expirationSeconds: document.expirationSeconds ?? 3600,
    maximumDecisionAge: context.duration(
      'kubernetes.maximumDecisionAge',
      document.maximumDecisionAge ?? '60s',
      1000,
      HOUR,
    ),
    accounts: readAccounts(accounts),
    authorizationHeader: document.authorizationHeader ?? 'authorization',
    strip: document.strip ?? [],
  };
}

function readSource(
  { cluster, provider, audiences }: AccountSourceDocument,
  field: string,
  context: EntryContext,
): AccountSourceConfiguration {
  if ((cluster === undefined) === (provider === undefined)) {
    context.problem(field, 'needs exactly one of cluster and provider');
  }
  if (provider !== undefined) {
    if (audiences !== undefined) context.problem(`${field}.audiences`, "are the provider's; set them there");
    return { kind: 'keys', name: provider };
  }
  return { kind: 'review', name: cluster ?? '', audiences: audiences ?? [] };
}

function readAccounts({ namespaces, names, map }: NonNullable<KubernetesDocument['accounts']>): AccountRules {
  return {
    namespaces: readLists(namespaces, DENIED_NAMESPACES),
    names: readLists(names, []),
    map: (map ?? [{}]).map(readRule),
  };
}

function readLists({ allow = ['*'], deny }: NameListsDocument = {}, denied: readonly string[]): NameLists {
  return { allow, deny: deny ?? denied };
}

function readRule({ from = {}, to = {} }: AccountRuleDocument): AccountRule {
  return {
    from: { source: from.source, namespace: from.namespace ?? '*', name: from.name ?? '*' },
    to: { namespace: to.namespace ?? '{namespace}', name: to.name ?? '{name}' },
  };
}
