import type { OperatorContext } from './operator-value.ts';

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
