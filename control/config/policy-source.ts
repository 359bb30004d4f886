import type { OperatorContext } from './operator-value.ts';

/** Bytes of a document: more than 1000 entries take, and what can be read while requests wait. */
export const MAXIMUM_DOCUMENT_BYTES = 512 * 1024;

/** One policy document, and whose it is. */
export interface PolicyDocumentSource {
  /** As problems, logs and metrics name it: `file orders.yaml`, `configmap team-a/orders`. */
  readonly name: string;
  /** What the ids of its entries begin with. */
  readonly label: string;
  readonly content:
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'missing'; readonly problem: string };
  /** Hosts that it may claim; undefined: any. */
  readonly hosts: readonly string[] | undefined;
  /** What its revocations touch: the routes of documents of the same owner; undefined: all routes. */
  readonly owner: string | undefined;
  /** Undefined where teams write it: then it names no files, variables or Secrets. */
  readonly operator: OperatorContext | undefined;
}

/** What is wrong with a document of so many. */
export function tooManyBytes(bytes: number): string {
  return `has ${bytes} bytes; the most is ${MAXIMUM_DOCUMENT_BYTES}; divide it`;
}
