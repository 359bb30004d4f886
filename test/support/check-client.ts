import {
  type ChannelCredentials,
  Client,
  type ClientReadableStream,
  credentials,
  type ServiceError,
} from '@grpc/grpc-js';
import {
  AUTHORIZATION_SERVICE,
  type CheckRequest,
  type CheckResponse,
  HEALTH_SERVICE,
  type Header,
  type HealthCheckResponse,
} from '../../control/server/grpc/messages.ts';

/** What a test says of a client's request; a header with several values came several times. */
export interface ClientRequest {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** Envoy's message about a request with `encode_raw_headers`. */
export function rawHeaders({ method = 'GET', path = '/', host = 'api.example.com', headers = {} }: ClientRequest) {
  const pseudo = { ':method': method, ':path': path, ':authority': host };
  return messageOf({ header_map: { headers: entries({ ...pseudo, ...headers }, 'raw_value') } }, method, path, host);
}

/** Envoy's message about a request without it: what came twice is joined by a comma. */
export function joinedHeaders({ method = 'GET', path = '/', host = 'api.example.com', headers = {} }: ClientRequest) {
  const joined = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(',')]);
  return messageOf({ headers: entries(Object.fromEntries(joined), 'value') }, method, path, host);
}

function entries(headers: NonNullable<ClientRequest['headers']>, field: 'raw_value' | 'value'): Header[] {
  return Object.entries(headers).flatMap(([key, values]) =>
    [values].flat().map((value) => ({ key, [field]: Buffer.from(value) })),
  );
}

function messageOf(headers: object, method: string, path: string, host: string): CheckRequest {
  const line = { method: Buffer.from(method), path: Buffer.from(path), host: Buffer.from(host) };
  return { attributes: { request: { http: { ...line, ...headers } } } };
}

/** The headers that a CheckResponse sets. */
export function headersIn({ ok_response: ok, denied_response: denied }: CheckResponse): Record<string, string> {
  const { headers } = ok ?? denied ?? { headers: [] };
  return Object.fromEntries((headers ?? []).map(({ header }) => [header.key, header.value.toString()]));
}

/** A gRPC client of control's, over a connection of its own. */
export class CheckClient {
  readonly #client: Client;

  /** @param address as `host:port` or `unix:/path` */
  constructor(address: string, channel: ChannelCredentials = credentials.createInsecure()) {
    this.#client = new Client(address, channel);
  }

  /** @throws ServiceError with the gRPC status */
  check(request: CheckRequest): Promise<CheckResponse> {
    return this.#call(AUTHORIZATION_SERVICE, request);
  }

  /** @throws ServiceError */
  health(service = ''): Promise<HealthCheckResponse> {
    return this.#call(HEALTH_SERVICE, { service });
  }

  watch(service = ''): ClientReadableStream<HealthCheckResponse> {
    const { path, requestSerialize, responseDeserialize } = methodOf(HEALTH_SERVICE, 'Watch');
    return this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service });
  }

  close(): void {
    this.#client.close();
  }

  #call<Answer>(service: typeof HEALTH_SERVICE, request: object): Promise<Answer> {
    const { path, requestSerialize, responseDeserialize } = methodOf(service, 'Check');
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        ...([path, requestSerialize, responseDeserialize, request] as const),
        (error: ServiceError | null, answer?: Answer) => (error === null ? resolve(answer as Answer) : reject(error)),
      );
    });
  }
}

function methodOf(service: typeof HEALTH_SERVICE, name: string) {
  const method = service[name];
  if (method === undefined) throw new Error(`there is no method ${name}`);
  return method;
}
