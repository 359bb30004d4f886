import type { ClientCredentialsAction, CredentialSource } from '../config/configuration.ts';
import { MAXIMUM_BYTES } from '../config/credential-limits.ts';
import { canonicalHeaderName } from '../config/header-name.ts';
import type { RefusalFormat } from '../decide/refusal-format.ts';
import { type DecideRoute, inputId, type KeyInput, type Source } from '../decide/route.ts';
import type { CompiledCaller } from './caller-policy.ts';
import { type Material, staticMaterial } from './digests.ts';
import type { HeaderNames } from './header-names.ts';
import { inputRefusal } from './input-refusal.ts';
import type { Keys } from './keys.ts';

type Part = keyof typeof MAXIMUM_BYTES;

/** What an action that obtains tokens makes of its entry. */
export type CompiledToken = Omit<DecideRoute, 'id' | 'digest' | 'match' | 'options' | 'realm'>;

/**
 * @param caller who may use the entry
 * @param issuerDigest enters the route's digest, so that a change of the issuer empties the caches of its routes
 */
export function compileClientCredentials(
  action: ClientCredentialsAction,
  caller: CompiledCaller,
  issuerDigest: string,
  keys: Keys,
  format: RefusalFormat,
  names: HeaderNames,
): { compiled: CompiledToken; material: Material } {
  const clientId = compileSource('clientId', action.clientId, format, names);
  const clientSecret = action.clientSecret && compileSource('clientSecret', action.clientSecret, format, names);
  const scope = action.scope && compileSource('scope', action.scope, format, names);
  const credentials = [clientId, clientSecret, scope].flatMap((source) =>
    source?.from === 'input' ? [source.input] : [],
  );
  const inputs = [...caller.inputs, ...credentials];
  names.refuseShared(inputs.map(inputId));
  const authorizationHeader = names.one('authorizationHeader', action.authorizationHeader);
  const tokenHeaders = action.tokenHeaders.map(({ field, header }) => ({
    field,
    header: names.one('tokenHeaders', header),
  }));
  refuseConflicts(action, caller, [authorizationHeader, ...tokenHeaders.map(({ header }) => header)], names);
  // A token's field may be absent: then the client's own header of that name must not take its place.
  const strip = names.list('strip', [
    ...caller.strip,
    ...credentials.map(({ name }) => name),
    ...tokenHeaders.map(({ header }) => header),
    ...action.strip,
  ]);
  const material: Material = [
    issuerDigest,
    [clientId, clientSecret, scope].map((source) => sourceMaterial(keys, source)),
    authorizationHeader,
    tokenHeaders.map(({ field, header }) => [field, header]),
    caller.material,
  ];
  return {
    compiled: {
      kind: 'decide',
      inputs,
      strip,
      stripCookies: caller.stripCookies,
      authentication: caller.policy,
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

/** What the contract allows in one answer. */
const MAXIMUM_FIELDS = 64;

/**
 * The token that is injected must not be another one, nor stand where a claim or the caller's own token should; and the filter
 * must be able to apply all of it.
 */
export function refuseConflicts(
  { authenticate }: Pick<ClientCredentialsAction, 'authenticate'>,
  caller: CompiledCaller,
  injected: readonly string[],
  names: HeaderNames,
): void {
  const kept = authenticate?.afterwards.kind === 'keep' ? (caller.policy?.places ?? []) : [];
  const headers = kept.filter(({ input }) => input.source === 'header').map(({ input }) => input.name);
  for (const header of [...caller.sets, ...headers].filter((candidate) => injected.includes(candidate))) {
    names.problem(
      `sets the header ${header} to a token of the issuer's and to something of the caller's; choose another`,
    );
  }
  const { claimToState = [], payloadState } = caller.policy ?? {};
  const fields = injected.length + caller.sets.length + claimToState.length + (payloadState === undefined ? 0 : 1);
  if (fields > MAXIMUM_FIELDS) {
    names.problem(`sets ${fields} headers and fields of filter state; the most is ${MAXIMUM_FIELDS}, set fewer`);
  }
}

function compileSource(part: Part, source: CredentialSource, format: RefusalFormat, names: HeaderNames): Source {
  if (source.from === 'static') {
    return { from: 'static', value: source.value };
  }
  const input: KeyInput = {
    source: 'header',
    name: names.one(part, source.header),
    maximumBytes: MAXIMUM_BYTES[part],
    refusal: inputRefusal('invalid_input', format, `${canonicalHeaderName(source.header)} too long`),
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
  const { name, maximumBytes, refusal } = source.input;
  return ['input', name, maximumBytes, refusal.status, refusal.body];
}
