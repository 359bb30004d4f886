import { createHash } from 'node:crypto';
import type { PolicyDocumentSource } from '../config/policy-source.ts';

const MAXIMUM_LENGTH = 128;
const DIGEST_DIGITS = 16;

/** Names of documents' entries in the route table, each once: the document's label, and the entry's own id or place. */
export class RouteIds {
  readonly #sources = new Map<string, string>();

  /** @param taken by the operator's own entries */
  constructor(taken: readonly string[]) {
    for (const id of taken) this.#sources.set(id, '');
  }

  /** @param own an id, or a place in the document */
  give({ name, label }: PolicyDocumentSource, own: string): string {
    const plain = `${label}.${own}`;
    const id =
      plain.length <= MAXIMUM_LENGTH && !this.#sources.has(plain) ? plain : withDigest(plain, `${name} ${own}`);
    this.#sources.set(id, name);
    return id;
  }

  /** The document that an entry stands in; empty where it is the operator's, or none at all. */
  sourceOf(id: string): string {
    return this.#sources.get(id) ?? '';
  }
}

/** One that is too long, or taken, says by a digest which it is. */
function withDigest(plain: string, whole: string): string {
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, DIGEST_DIGITS);
  return `${plain.slice(0, MAXIMUM_LENGTH - DIGEST_DIGITS - 1)}-${digest}`;
}
