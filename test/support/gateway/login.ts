import { document, type KeySetServer, startKeySetServer } from '../../../tools/tokens/key-set-server.ts';
import { createSigningKey, keySetOf, signToken } from '../../../tools/tokens/signing-key.ts';
import { type Manifest, readShipped } from './manifests.ts';

/** The company's login of `callers.yaml`: it signs tokens, and publishes its key. */
export class Login {
  readonly #key = createSigningKey('ES256');
  #server: KeySetServer | undefined;

  async start(): Promise<void> {
    this.#server = await startKeySetServer(document(keySetOf(this.#key)));
  }

  /** Points the documents of `callers.yaml` to this login. */
  readonly moveHere = ([policy]: Manifest[]): void => {
    if (this.#server === undefined) throw new Error('the login is not started yet');
    policy.spec.jwt.providers[0].remoteJWKS.uri = `${this.#server.url}/keys`;
  };

  /** Puts what `callers.yaml` says into another SecurityPolicy, the first document of its file. */
  readonly joinTo = ([policy]: Manifest[]): void => {
    const callers = readShipped('callers');
    this.moveHere(callers);
    const { jwt, authorization } = callers[0].spec;
    Object.assign(policy.spec, { jwt, authorization });
  };

  /** Somebody's JWT: for `orders`, of a member of its users, unless the claims say otherwise. */
  tokenOf(claims: object = {}): string {
    const exp = Math.floor(Date.now() / 1000) + 300;
    const usual = { iss: 'https://login.example.com', aud: 'orders', sub: 'alice', groups: ['orders-users'], exp };
    return signToken(this.#key, { ...usual, ...claims });
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }
}
