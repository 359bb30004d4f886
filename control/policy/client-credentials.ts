import type { ClientCredentialsAction, CredentialSource } from '../config/configuration.ts';
import { MAXIMUM_BYTES } from '../config/credential-limits.ts';
import { canonicalHeaderName } from '../config/header-name.ts';
import type { DecideRoute, KeyInput, Source } from '../decide/route.ts';
import { BrokerError } from '../errors.ts';
import { type Material, staticMaterial } from './digests.ts';
import type { HeaderNames } from './header-names.ts';
import type { Keys } from './keys.ts';

type Part = keyof typeof MAXIMUM_BYTES;

/** @param issuerDigest enters the route's digest, so that a change of the issuer empties the caches of its routes */
export function compileClientCredentials(
  action: ClientCredentialsAction,
  issuerDigest: string,
  keys: Keys,
  names: HeaderNames,
): { compiled: Omit<DecideRoute, 'id' | 'digest' | 'match'>; material: Material } {
  const clientId = compileSource('clientId', action.clientId, names);
  const clientSecret = action.clientSecret && compileSource('clientSecret', action.clientSecret, names);
  const scope = action.scope && compileSource('scope', action.scope, names);
  const inputs = [clientId, clientSecret, scope].flatMap((source) => (source?.from === 'input' ? [source.input] : []));
  names.refuseShared(inputs.map(({ header }) => header));
  const authorizationHeader = names.one('authorizationHeader', action.authorizationHeader);
  const tokenHeaders = action.tokenHeaders.map(({ field, header }) => ({
    field,
    header: names.one('tokenHeaders', header),
  }));
  // A token's field may be absent: then the client's own header of that name must not take its place.
  const strip = names.list('strip', [
    ...inputs.map(({ header }) => header),
    ...tokenHeaders.map(({ header }) => header),
    ...action.strip,
  ]);
  const material: Material = [
    issuerDigest,
    [clientId, clientSecret, scope].map((source) => sourceMaterial(keys, source)),
    authorizationHeader,
    tokenHeaders.map(({ field, header }) => [field, header]),
  ];
  return {
    compiled: {
      kind: 'decide',
      inputs,
      strip,
      action: {
        kind: 'clientCredentials',
        issuer: action.issuer,
        issuerDigest,
        clientId,
        clientSecret,
        scope,
        authorizationHeader,
        tokenHeaders,
      },
    },
    material,
  };
}

function compileSource(part: Part, source: CredentialSource, names: HeaderNames): Source {
  if (source.from === 'static') {
    return { from: 'static', value: source.value };
  }
  const { status } = new BrokerError('invalid_input');
  const input: KeyInput = {
    header: names.one(part, source.header),
    maximumBytes: MAXIMUM_BYTES[part],
    refusal: { status, body: `${canonicalHeaderName(source.header)} too long\n` },
  };
  return { from: 'input', input };
}

function sourceMaterial(keys: Keys, source: Source | undefined): Material {
  if (source === undefined) {
    return null;
  }
  if (source.from === 'static') {
    return staticMaterial(keys, source.value);
  }
  const { header, maximumBytes, refusal } = source.input;
  return ['input', header, maximumBytes, refusal.status, refusal.body];
}
