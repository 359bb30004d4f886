import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** What we read of `envoy.service.auth.v3.CheckRequest` (authorization.proto). What did not come is absent. */
export interface CheckRequest {
  readonly attributes?: {
    readonly source?: { readonly principal?: Buffer };
    readonly request?: { readonly http?: HttpRequest };
    readonly metadata_context?: { readonly filter_metadata?: readonly Entry<Struct>[] };
  };
}

export interface HttpRequest {
  readonly method?: Buffer;
  readonly headers?: readonly Header[];
  readonly path?: Buffer;
  readonly host?: Buffer;
  readonly header_map?: { readonly headers?: readonly Header[] };
}

export interface Header {
  readonly key?: string;
  readonly value?: Buffer;
  readonly raw_value?: Buffer;
}

/** Of a map. */
interface Entry<Content> {
  readonly key?: string;
  readonly value?: Content;
}

/** `google.protobuf.Struct`. */
export interface Struct {
  readonly fields?: readonly Entry<Value>[];
}

/** One that is neither a text nor an object has neither field. */
export interface Value {
  readonly string_value?: string;
  readonly struct_value?: Struct;
}

/** What we say of `envoy.service.auth.v3.CheckResponse`. */
export interface CheckResponse {
  /** A google.rpc.Code. */
  readonly status: { readonly code: number };
  readonly ok_response?: {
    readonly headers: readonly HeaderValueOption[];
    readonly headers_to_remove: readonly string[];
  };
  readonly denied_response?: {
    readonly status: { readonly code: number };
    readonly headers: readonly HeaderValueOption[];
    readonly body: string;
  };
  readonly dynamic_metadata?: Struct;
}

export interface HeaderValueOption {
  readonly header: { readonly key: string; readonly value: Buffer };
  readonly append_action: number;
}

export interface HealthCheckRequest {
  readonly service?: string;
}

export interface HealthCheckResponse {
  readonly status: number;
}

export const AUTHORIZATION = 'envoy.service.auth.v3.Authorization';
export const HEALTH = 'grpc.health.v1.Health';

/** @param file beside this one */
function load(file: string, service: string): ServiceDefinition {
  const definitions = loadSync(fileURLToPath(new URL(file, import.meta.url)), { keepCase: true, longs: Number });
  return definitions[service] as ServiceDefinition;
}

export const AUTHORIZATION_SERVICE = load('./authorization.proto', AUTHORIZATION);
export const HEALTH_SERVICE = load('./health.proto', HEALTH);
