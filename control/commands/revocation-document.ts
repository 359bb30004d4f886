import { parseDocument, YAMLSeq } from 'yaml';
import { ConfigurationError } from '../config/problems.ts';
import { readPolicyDocument } from '../config/read-policy-document.ts';

/** The fields of one revocation, as a document has them. */
export type RevocationFields = Readonly<
  Partial<Record<'client' | 'subject' | 'issuer' | 'route' | 'issuedBefore' | 'until' | 'reason', string | undefined>>
>;

const EMPTY = 'version: v1\nentries: []\n';

/**
 * Adds a revocation to a document of policy, whose comments and order stay as they are.
 *
 * @param text undefined: there is no document yet
 * @param name of the document, as problems name it
 * @throws ConfigurationError where the document is bad, before or after
 */
export function addRevocation(text: string | undefined, fields: RevocationFields, name: string): string {
  const before = text ?? EMPTY;
  // A document that cannot be read would not take effect, and nobody would notice.
  refuseBad(before, name);
  const revocation = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const after = before.trimStart().startsWith('{') ? addToJson(before, revocation) : addToYaml(before, revocation);
  refuseBad(after, name);
  return after;
}

/** Also what is YAML of that form becomes JSON, which is YAML. */
function addToJson(text: string, revocation: object): string {
  const document = parseDocument(text).toJS();
  return `${JSON.stringify({ ...document, revocations: [...(document.revocations ?? []), revocation] }, null, 2)}\n`;
}

function addToYaml(text: string, revocation: object): string {
  const document = parseDocument(text);
  if (!(document.get('revocations') instanceof YAMLSeq)) document.set('revocations', new YAMLSeq());
  document.addIn(['revocations'], document.createNode(revocation, { flow: true }));
  return document.toString({ lineWidth: 0 });
}

function refuseBad(text: string, name: string): void {
  const { problems } = readPolicyDocument(text, { name, operator: undefined, idOf: (id) => id ?? '' });
  if (problems.length > 0) throw new ConfigurationError(problems);
}
