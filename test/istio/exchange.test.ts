import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { exchangingConfiguration } from './support/control-file.ts';
import { useMesh } from './support/use-mesh.ts';

describe.each([true, false])(
  'callers whose tokens are exchanged, with forwardOriginalToken: %s',
  (forwardOriginalToken) => {
    const mesh = useMesh({
      files: ['callers', 'wasm-plugin'],
      change(manifests, { identityProvider }) {
        const { issuer, jwksUri, audienceOf, clients } = identityProvider;
        const [rule] = manifests.find('RequestAuthentication').spec.jwtRules;
        Object.assign(rule, { issuer, jwksUri, audiences: [audienceOf(clients.second)], forwardOriginalToken });
      },
      configuration: exchangingConfiguration,
    });

    test(
      forwardOriginalToken ? 'get one for the backend' : 'get none, because Istio has taken theirs away',
      async () => {
        const { backend, identityProvider, secrets } = mesh();
        const { clients, exchange } = identityProvider;
        const subject = secrets.plant("the caller's token", await exchange.subject(clients.second));
        const answer = await mesh().send({ headers: { authorization: `Bearer ${subject}` } });
        if (forwardOriginalToken) {
          expect(answer.status).toBe(200);
          const granted = identityProvider.tokens().at(-1) ?? '';
          expect(backend.last().headers.authorization).toBe(`Bearer ${granted}`);
          expect(decodeJwt(granted).aud).toBe(exchange.first.audience);
          expect(JSON.stringify(backend.last())).not.toContain(subject);
        } else {
          expect([answer.status, answer.body]).toEqual([401, 'bearer token required\n']);
          expect(backend.requests).toEqual([]);
        }
      },
    );
  },
);
