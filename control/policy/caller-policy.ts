import type { AuthenticateConfiguration, TokenPlaceConfiguration } from '../config/authenticate.ts';
import { shown } from '../config/problems.ts';
import type { ProviderConfiguration } from '../config/provider.ts';
import type { RefusalFormat } from '../decide/refusal-format.ts';
import { type CallerPolicy, type KeyInput, type TokenPlace, URI_SAN } from '../decide/route.ts';
import type { Material } from './digests.ts';
import type { HeaderNames } from './header-names.ts';
import { inputRefusal } from './input-refusal.ts';
import type { Provided } from './providers.ts';

/** Bytes of one claim that Envoy verified. */
const MAXIMUM_CLAIM_BYTES = 1024;
/** What the filter can ask Envoy for, and the contract can carry. */
const ENVOY_CLAIM = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** SPIFFE-ID section 2.3. */
const MAXIMUM_SPIFFE_ID = 2048;

/** What an entry's `authenticate` adds to its route. */
export interface CompiledCaller {
  readonly policy: CallerPolicy | undefined;
  readonly inputs: readonly KeyInput[];
  /** Headers that the backend never sees as the client sent them. */
  readonly strip: readonly string[];
  readonly stripCookies: readonly string[];
  /** Headers that a decision may set. */
  readonly sets: readonly string[];
  readonly material: Material;
}

const ANYBODY: CompiledCaller = {
  policy: undefined,
  inputs: [],
  strip: [],
  stripCookies: [],
  sets: [],
  material: null,
};

/** Compiles who may use an entry; `undefined` lets anybody. */
export function compileCaller(
  configuration: AuthenticateConfiguration | undefined,
  provided: Provided,
  format: RefusalFormat,
  names: HeaderNames,
): CompiledCaller {
  if (configuration === undefined) return ANYBODY;
  const { afterwards } = configuration;
  const providers = provided.find(configuration.providers, names);
  refuseEmpty(configuration, names);
  refuseUnreachable(configuration, names);
  const places = configuration.from.map((place) => compilePlace(place, providers, format, names));
  const claimToHeaders = configuration.claimToHeaders.map((each) => ({
    ...each,
    header: names.one('claimToHeaders', each.header),
  }));
  const forwardAs = afterwards.kind === 'forwardAs' ? names.one('afterwards', afterwards.header) : undefined;
  const { forwardPayloadHeader } = configuration;
  const payloadHeader = forwardPayloadHeader && names.one('forwardPayloadHeader', forwardPayloadHeader);
  const policy: CallerPolicy = {
    providers: configuration.providers,
    places,
    unauthenticated: configuration.unauthenticated,
    requiredScopes: configuration.requiredScopes,
    forwardAs,
    claimToHeaders,
    payloadHeader,
    claimToState: configuration.claimToFilterState,
    payloadState: configuration.payloadToFilterState,
    workloads: configuration.workloads,
    envoyClaims: configuration.envoyClaims.map((rule) => ({ input: claimInput(rule.claim, format), rule })),
    maximumDecisionAge: configuration.maximumDecisionAge,
  };
  const read = places.map(({ input }) => input);
  const spent = afterwards.kind === 'keep' ? [] : read;
  const sets = [forwardAs, payloadHeader, ...claimToHeaders.map(({ header }) => header)].filter(isDefined);
  names.refuseRepeated('sets', sets);
  return {
    policy,
    inputs: [...read, ...uniqueClaims(policy), ...(policy.workloads.length === 0 ? [] : [peerInput(format)])],
    // What a claim may set, a client may not: also when the claim is absent.
    strip: [...spent.filter(({ source }) => source === 'header').map(({ name }) => name), ...sets],
    stripCookies: spent.filter(({ source }) => source === 'cookie').map(({ name }) => name),
    sets,
    material: [JSON.stringify(policy), afterwards.kind, providers.map((provider) => provided.material(provider))],
  };
}

function refuseEmpty({ providers, from, envoyClaims, workloads }: AuthenticateConfiguration, names: HeaderNames): void {
  if (providers.length === 0 && envoyClaims.length === 0 && workloads.length === 0) {
    names.problem('authenticate names no providers, envoyClaims or workloads, and so would let everyone in; name some');
  }
  if (providers.length > 0 && from.length === 0) {
    names.problem('authenticate: from names no place to look for the token; name a header or a cookie');
  }
}

/** Dots lead from member to member there, so a claim whose own name has one, such as a URL, cannot be read. */
function refuseUnreachable({ envoyClaims }: AuthenticateConfiguration, names: HeaderNames): void {
  for (const { claim } of envoyClaims.filter((rule) => !ENVOY_CLAIM.test(rule.claim))) {
    names.problem(
      `envoyClaims: the claim ${shown(claim)} cannot be read from Envoy; write names of letters, digits and - _ alone, with dots between members`,
    );
  }
}

function compilePlace(
  place: TokenPlaceConfiguration,
  providers: readonly ProviderConfiguration[],
  format: RefusalFormat,
  names: HeaderNames,
): TokenPlace {
  const maximum = Math.max(0, ...providers.map(({ maximumBytes }) => maximumBytes));
  const refusal = inputRefusal('jwt_too_large', format);
  if (place.from === 'cookie') {
    const input: KeyInput = { source: 'cookie', name: place.cookie, maximumBytes: maximum, refusal };
    return { input, prefix: '', prefixRequired: false };
  }
  const name = names.one('authenticate', place.header);
  const input: KeyInput = { source: 'header', name, maximumBytes: maximum + place.prefix.length, refusal };
  return { input, prefix: place.prefix, prefixRequired: place.prefixRequired };
}

function claimInput(path: string, format: RefusalFormat): KeyInput {
  const refusal = inputRefusal('jwt_claim_refused', format);
  return { source: 'claim', name: path, maximumBytes: MAXIMUM_CLAIM_BYTES, refusal };
}

function peerInput(format: RefusalFormat): KeyInput {
  const refusal = inputRefusal('workload_refused', format);
  return { source: 'peer', name: URI_SAN, maximumBytes: MAXIMUM_SPIFFE_ID, refusal };
}

/** Several rules may be about one claim. */
function uniqueClaims({ envoyClaims }: CallerPolicy): readonly KeyInput[] {
  return [...new Map(envoyClaims.map(({ input }) => [input.name, input])).values()];
}

function isDefined<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
