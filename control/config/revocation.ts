import type { EntryContext } from './entry-context.ts';

/** Something that is no longer welcome, whatever else policy says. */
export type Revocation = {
  /** As problems and logs name it. */
  readonly setting: string;
  /** Wall clock, ms: when it ends of itself; undefined: never. */
  readonly until: number | undefined;
} & (
  | {
      /** A client id, that of credentials or of a caller's JWT (`client_id`, `azp`). */
      readonly kind: 'client';
      readonly client: string;
      readonly issuedBefore: number | undefined;
    }
  | {
      /** Of a caller's JWT; without a subject all of an issuer's. */
      readonly kind: 'token';
      readonly subject: string | undefined;
      readonly issuer: string | undefined;
      /** Wall clock, ms: what was issued from then on is welcome; undefined: nothing is. */
      readonly issuedBefore: number | undefined;
    }
  | { readonly kind: 'route'; readonly route: string }
);

/** An element of `revocations`: one of client, route, and subject or issuer or both. */
export interface RevocationDocument {
  readonly client?: string;
  readonly subject?: string;
  readonly issuer?: string;
  readonly route?: string;
  readonly issuedBefore?: string;
  readonly until?: string;
  readonly reason?: string;
}

/** RFC 3339. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** @returns undefined after a problem */
export function readRevocation(
  document: RevocationDocument,
  context: Pick<EntryContext, 'setting' | 'problem'>,
): Revocation | undefined {
  const { client, subject, issuer, route } = document;
  const named = [client, route, subject ?? issuer].filter((each) => each !== undefined);
  if (named.length !== 1) {
    context.problem('revocation', 'must name one of client, route, and subject or issuer or both');
    return undefined;
  }
  const until = readTime('until', document.until, context);
  const issuedBefore = readTime('issuedBefore', document.issuedBefore, context);
  const common = { setting: context.setting, until };
  if (route !== undefined) {
    if (issuedBefore !== undefined) context.problem('issuedBefore', 'is not used for a route; remove it');
    return { ...common, kind: 'route', route };
  }
  return client === undefined
    ? { ...common, kind: 'token', subject, issuer, issuedBefore }
    : { ...common, kind: 'client', client, issuedBefore };
}

function readTime(field: string, text: string | undefined, context: Pick<EntryContext, 'problem'>): number | undefined {
  if (text === undefined) return undefined;
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    context.problem(field, 'is no time; write one such as 2026-11-25T10:00:00Z (RFC 3339)');
    return undefined;
  }
  return time;
}
