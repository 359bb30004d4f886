import type { PeerName } from '../tools/compare/peer.ts';
import type { Node } from '../tools/launch/envoy-configuration.ts';
import { credentialsOf, type Headers, HOSTS, jwtOf } from './stack/callers.ts';
import { SHARED_ENTRIES } from './stack/control.ts';
import {
  brokerFilter,
  CLUSTERS,
  credentialInjector,
  emptyFilter,
  grpcAuthorization,
  httpAuthorization,
  jwtAuthentication,
} from './stack/filters.ts';

/** What may stand in a request's path. */
export interface Variant {
  readonly name: VariantName;
  readonly label: string;
  /** The variant without anything in the path, for the same requests; undefined for that itself. */
  readonly base?: VariantName;
  readonly httpFilters: readonly Node[];
  readonly host: string;
  readonly headers: Headers;
  /** Through how many paths its requests go, each a key of its own; 1 by default. */
  readonly keys?: number;
  /** What serves besides Envoy. */
  readonly processes: readonly ('control' | 'issuer' | 'oauth-server' | PeerName)[];
  /** Whether the backend receives a token of the issuer's. */
  readonly injects: boolean;
  /** Whether that stands for the caller's, and is the OAuth server's. */
  readonly exchanges?: boolean;
  readonly peer?: PeerName;
}

export type VariantName = keyof typeof LABELS;

const LABELS = {
  none: 'no filter',
  empty: 'an empty Wasm module',
  worker: 'our filter, hit from the worker’s cache',
  'request-only': 'our filter without the response callback',
  shared: 'our filter, hit from shared data',
  'none-jwt': 'no filter (callers with a JWT of 1.5 KiB)',
  jwt: 'our filter, callers with a JWT of 1.5 KiB',
  injector: 'credential_injector (one token for everybody)',
  'jwt-authn': 'jwt_authn (injects nothing)',
  'jwt-authn-cached': 'jwt_authn with its cache (injects nothing)',
  'http-control': 'ext_authz over HTTP to our control',
  'http-peer': 'ext_authz over HTTP to DexTokenBroker',
  'grpc-control': 'ext_authz over gRPC to our control, exchange',
  'grpc-peer': 'ext_authz over gRPC to ext-authz-token-exchange',
} as const;

/** Fewer than there are keys, so that nearly each request is answered from shared data. */
const SMALLEST_CACHE = { workerEntries: 16 };

/**
 * All of them, in the order in which they are shown.
 *
 * @param exchanging the headers of a caller whose token can be exchanged
 */
export function listVariants(exchanging: Headers): Variant[] {
  const credentials = { host: HOSTS.credentials, headers: credentialsOf('my-client') };
  const jwt = { host: HOSTS.jwt, headers: jwtOf('alice') };
  const exchange = { host: HOSTS.exchange, headers: exchanging };
  const variants: Omit<Variant, 'label'>[] = [
    { name: 'none', ...credentials, httpFilters: [], processes: [], injects: false },
    { name: 'empty', base: 'none', ...credentials, httpFilters: [emptyFilter()], processes: [], injects: false },
    { name: 'worker', base: 'none', ...credentials, httpFilters: [brokerFilter('worker')], ...OURS },
    {
      ...{ name: 'request-only', base: 'none', ...credentials, ...OURS },
      httpFilters: [brokerFilter('request-only', 'filter-request-only.wasm')],
    },
    {
      ...{ name: 'shared', base: 'none', ...credentials, ...OURS, host: HOSTS.shared, keys: SHARED_ENTRIES },
      httpFilters: [brokerFilter('shared', 'filter.wasm', SMALLEST_CACHE)],
    },
    { ...INJECTOR, ...credentials, httpFilters: [credentialInjector()] },
    { ...HTTP, name: 'http-control', ...credentials, processes: ['control', 'issuer'], ...checking(CLUSTERS.check) },
    {
      ...{ ...HTTP, name: 'http-peer', ...credentials, peer: 'dextokenbroker' },
      ...{ processes: ['dextokenbroker', 'issuer'], ...checking(CLUSTERS.dexTokenBroker) },
    },
    { name: 'none-jwt', ...jwt, httpFilters: [], processes: [], injects: false },
    { name: 'jwt', base: 'none-jwt', ...jwt, httpFilters: [brokerFilter('jwt')], ...OURS },
    { ...JWT_AUTHN, name: 'jwt-authn', ...jwt, httpFilters: [jwtAuthentication(false)] },
    { ...JWT_AUTHN, name: 'jwt-authn-cached', ...jwt, httpFilters: [jwtAuthentication(true)] },
    {
      ...{ ...GRPC, name: 'grpc-control', ...exchange, processes: ['control', 'oauth-server'] },
      httpFilters: [grpcAuthorization(CLUSTERS.grpc)],
    },
    {
      ...{ ...GRPC, name: 'grpc-peer', ...exchange, peer: 'ext-authz-token-exchange' },
      processes: ['ext-authz-token-exchange', 'oauth-server'],
      httpFilters: [grpcAuthorization(CLUSTERS.exchangePeer)],
    },
  ];
  return variants.map((variant) => ({ ...variant, label: LABELS[variant.name] }));
}

const OURS = { processes: ['control', 'issuer'], injects: true } as const;
const HTTP = { base: 'none', injects: true } as const;
const GRPC = { base: 'none', injects: true, exchanges: true } as const;
const INJECTOR = { name: 'injector', base: 'none', processes: ['issuer'], injects: true } as const;
const JWT_AUTHN = { base: 'none-jwt', processes: [], injects: false } as const;

function checking(cluster: string) {
  return { httpFilters: [httpAuthorization(cluster)] };
}
