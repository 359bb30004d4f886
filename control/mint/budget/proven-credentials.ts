import { createHmac, randomBytes } from 'node:crypto';
import type { TokenRequest } from '../../decide/ports.ts';

/** Credentials remembered at most; those used longest ago go first. */
const MAXIMUM_CREDENTIALS = 10_000;

/**
 * Remembers which credentials the issuer has accepted, by a digest under a key that lives and dies with the process. The
 * secret is part of it: somebody else's client id with a wrong secret is nobody known.
 */
export class ProvenCredentials {
  readonly #key = randomBytes(32);
  readonly #digests = new Set<string>();

  has(request: TokenRequest): boolean {
    return this.#digests.has(this.#digestOf(request));
  }

  /** The issuer gave a token for these. */
  add(request: TokenRequest): void {
    const digest = this.#digestOf(request);
    // Added anew, it comes last in the set's order.
    this.#digests.delete(digest);
    this.#digests.add(digest);
    const oldest = this.#digests.values().next().value;
    if (this.#digests.size > MAXIMUM_CREDENTIALS && oldest !== undefined) this.#digests.delete(oldest);
  }

  /** The issuer refused these. */
  delete(request: TokenRequest): void {
    this.#digests.delete(this.#digestOf(request));
  }

  #digestOf(request: TokenRequest): string {
    const { clientId, clientSecret } = request;
    // The client of an exchange is the operator's: it is the subject that may be anybody's invention.
    const subject = request.grant === 'client_credentials' ? null : request.subjectToken.reveal();
    const fields = JSON.stringify([clientId, clientSecret?.reveal() ?? null, subject]);
    return createHmac('sha256', this.#key).update(fields).digest('base64url');
  }
}
