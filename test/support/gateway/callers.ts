import { document, type KeySetServer, startKeySetServer } from '../../../tools/tokens/key-set-server.ts';
import { createSigningKey, keySetOf, signToken } from '../../../tools/tokens/signing-key.ts';
import type { Manifest } from './manifests.ts';

/** The company's login of `callers.yaml`: it signs tokens, and publishes its key. */
export class Login {
  readonly #key = createSigningKey('ES256');
  #server: KeySetServer | undefined;

  async start(): Promise<void> {
    this.#server = await startKeySetServer(document(keySetOf(this.#key)));
  }

  /** Points the documents of `callers.yaml` to this login. */
  readonly change = ([policy]: Manifest[]): void => {
    if (this.#server === undefined) throw new Error('the login is not started yet');
    policy.spec.jwt.providers[0].remoteJWKS.uri = `${this.#server.url}/keys`;
  };

  /** The headers of somebody who has logged in: for `orders`, as a member of its users, unless the claims say otherwise. */
  headers(claims: object = {}): { authorization: string } {
    const exp = Math.floor(Date.now() / 1000) + 300;
    const usual = { iss: 'https://login.example.com', aud: 'orders', sub: 'alice', groups: ['orders-users'], exp };
    return { authorization: `Bearer ${signToken(this.#key, { ...usual, ...claims })}` };
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }
}
