import { createSigningKey, keySetOf, type SigningKey, signToken } from '../../../tools/tokens/signing-key.ts';
import { Manifests } from './manifests.ts';

const [SHIPPED] = Manifests.shipped('callers').find('RequestAuthentication').spec.jwtRules;

/** Whom `deploy/istio/callers.yaml` trusts, with keys that the tests have. */
export class Callers {
  readonly #key: SigningKey = createSigningKey('ES256');

  /** Puts the keys in, which Istio otherwise fetches from the issuer. */
  trust(manifests: Manifests): void {
    const [rule] = manifests.find('RequestAuthentication').spec.jwtRules;
    delete rule.jwksUri;
    rule.jwks = keySetOf(this.#key);
  }

  /** A caller's token; the claims win over those of a good one. */
  token(claims: object = {}): string {
    const good = {
      iss: SHIPPED.issuer,
      aud: SHIPPED.audiences[0],
      sub: 'alice',
      exp: Math.floor(Date.now() / 1000) + 300,
    };
    return signToken(this.#key, { ...good, ...claims });
  }

  /** The header that carries it. */
  headers(claims: object = {}): Record<string, string> {
    return { authorization: `Bearer ${this.token(claims)}` };
  }
}
