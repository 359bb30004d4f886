import type { AuthenticateConfiguration } from './authenticate.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import { readJwksProviders } from './jwks-providers.ts';
import type { Problems } from './problems.ts';
import type { ProviderConfiguration } from './provider.ts';
import { FRESHNESS, HARD_LIMIT, MAXIMUM_TOKEN_BYTES } from './provider-defaults.ts';
import { readKeyUrl } from './provider-settings.ts';
import type { Files } from './read-files.ts';

/** DexTokenBroker's: an unknown kid has the keys fetched again, once in this time. */
const COOLDOWN = 300_000;

interface Sources {
  readonly reader: EnvironmentReader;
  readonly files: Files;
  readonly problems: Problems;
  readonly warnings: string[];
}

/** A key set's URL, and whose tokens for whom it verifies. */
export interface KeySetSource {
  readonly url: string;
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
}

/**
 * DexTokenBroker's JWT mode: the providers of `JWKS_PROVIDERS`, then those of `JWKS_URL` and `JWKS_URLS`, which share
 * `JWT_ISSUER` and `JWT_AUDIENCE`. Of several with one URL the first counts.
 *
 * @returns empty when callers need no JWT
 */
export function readProviders(sources: Sources): ReadonlyMap<string, ProviderConfiguration> {
  const { reader, problems } = sources;
  const shared = { issuers: list(reader.text('JWT_ISSUER')), audiences: list(reader.text('JWT_AUDIENCE')) };
  const urls = [reader.text('JWKS_URL').trim(), ...list(reader.text('JWKS_URLS'))].filter((url) => url !== '');
  const all = [...readJwksProviders(sources), ...urls.map((url) => ({ url, ...shared }))];
  const distinct = all.filter(({ url }, index) => all.findIndex((other) => other.url === url) === index);
  for (const name of distinct.length === 0 ? (['JWT_ISSUER', 'JWT_AUDIENCE'] as const) : []) {
    if (reader.has(name)) {
      problems.add(
        name,
        'restricts nobody without JWKS_URL, JWKS_URLS or JWKS_PROVIDERS; set one of them, or unset it',
      );
    }
  }
  if (distinct.length > 0 && !reader.has('STATIC_CLIENT_ID')) {
    problems.add(
      'STATIC_CLIENT_ID',
      'is missing; callers with a JWT send no client id, so set one when JWKS_URL is set',
    );
  }
  return new Map(
    distinct.map((source, index) => [`jwks-${index + 1}`, provider(`jwks-${index + 1}`, source, sources)] as const),
  );
}

/** Where DexTokenBroker takes the token from, and what becomes of it. */
export function readAuthenticate(
  reader: EnvironmentReader,
  providers: ReadonlyMap<string, ProviderConfiguration>,
): AuthenticateConfiguration | undefined {
  if (providers.size === 0) return undefined;
  return {
    providers: [...providers.keys()],
    from: [{ from: 'header', header: reader.headerName('JWT_HEADER'), prefix: 'Bearer ', prefixRequired: false }],
    afterwards: { kind: 'strip' },
    unauthenticated: 'refuse',
    requiredScopes: [],
    claimToHeaders: [],
    forwardPayloadHeader: undefined,
    claimToFilterState: [],
    payloadToFilterState: undefined,
    workloads: [],
    envoyClaims: [],
    maximumDecisionAge: reader.duration('JWT_DECISION_MAX_AGE'),
  };
}

function provider(
  name: string,
  { url, issuers, audiences }: KeySetSource,
  { reader, files, problems }: Sources,
): ProviderConfiguration {
  const allowInsecure = reader.boolean('ALLOW_INSECURE_DEX_URL');
  const insecure = { allowed: allowInsecure, setting: 'ALLOW_INSECURE_DEX_URL' };
  const caFile = reader.optional('JWKS_CA_FILE');
  return {
    name,
    issuers,
    audiences,
    algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'],
    keys: {
      local: undefined,
      remote: {
        location: { kind: 'url', url: readKeyUrl('JWKS_URL', url, insecure, problems) },
        allowInsecure,
        caFile: caFile === undefined ? undefined : files.certificates('JWKS_CA_FILE', caFile),
        timeout: reader.duration('HTTP_TIMEOUT'),
        prefetch: false,
        freshness: FRESHNESS,
        cooldown: COOLDOWN,
        hardLimit: HARD_LIMIT,
      },
    },
    clockSkew: 0,
    checkIssuedAt: false,
    type: undefined,
    requiredClaims: [],
    maximumBytes: MAXIMUM_TOKEN_BYTES,
  };
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
