import { keySetOf, type SigningKey } from '../../tools/tokens/signing-key.ts';

/**
 * Envoy's own filter, for tokens of issuer `tests` and audience `api`: it lets requests without a token through, and leaves
 * the payload in dynamic metadata under `jwt`.
 */
export function jwtAuthnFilter(key: SigningKey) {
  return {
    name: 'envoy.filters.http.jwt_authn',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication',
      providers: {
        tests: {
          issuer: 'tests',
          audiences: ['api'],
          local_jwks: { inline_string: keySetOf(key) },
          payload_in_metadata: 'jwt',
        },
      },
      rules: [
        {
          match: { prefix: '/' },
          requires: { requires_any: { requirements: [{ provider_name: 'tests' }, { allow_missing: {} }] } },
        },
      ],
    },
  };
}
