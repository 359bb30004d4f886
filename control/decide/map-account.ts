import type { AccountRule, AccountRules, NameLists } from '../config/kubernetes.ts';
import { isObjectName, type ObjectName } from './object-name.ts';

/** A service account, and who said that it is one. */
export interface SourceAccount extends ObjectName {
  /** The name of the cluster or provider. */
  readonly source: string;
}

const PLACEHOLDER = /\{(source|namespace|name)\}/g;

/** Which account of the target a caller becomes. @returns undefined: none */
export function mapAccount({ namespaces, names, map }: AccountRules, caller: SourceAccount): ObjectName | undefined {
  if (!isListed(namespaces, caller.namespace) || !isListed(names, caller.name)) return undefined;
  const rule = map.find(({ from }) => isAbout(from, caller));
  if (rule === undefined) return undefined;
  const account = { namespace: fill(rule.to.namespace, caller), name: fill(rule.to.name, caller) };
  if (isDenied(namespaces, account.namespace) || isDenied(names, account.name)) return undefined;
  return isObjectName(account) ? account : undefined;
}

function isAbout({ source, namespace, name }: AccountRule['from'], caller: SourceAccount): boolean {
  if (source !== undefined && source !== caller.source) return false;
  return matches(namespace, caller.namespace) && matches(name, caller.name);
}

function fill(template: string, caller: SourceAccount): string {
  return template.replace(PLACEHOLDER, (_whole, part: keyof SourceAccount) => caller[part]);
}

function isListed(lists: NameLists, name: string): boolean {
  return lists.allow.some((pattern) => matches(pattern, name)) && !isDenied(lists, name);
}

function isDenied({ deny }: NameLists, name: string): boolean {
  return deny.some((pattern) => matches(pattern, name));
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}
