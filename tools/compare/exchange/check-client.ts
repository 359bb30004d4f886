import { fileURLToPath } from 'node:url';
import { Client, credentials, type ServiceDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Case } from './case.ts';

const PROTO = fileURLToPath(new URL('../../../control/server/grpc/authorization.proto', import.meta.url));
const SERVICE = loadSync(PROTO, { keepCase: true })['envoy.service.auth.v3.Authorization'] as ServiceDefinition;
const DEADLINE = 10_000;

interface CheckResponse {
  readonly denied_response?: { readonly status: { readonly code: number }; readonly body?: string } & Headers;
  readonly ok_response?: Headers;
}

interface Headers {
  readonly headers?: readonly {
    readonly header: { readonly key: string; readonly value?: Buffer; readonly raw_value?: Buffer };
  }[];
}

/** What Envoy would make of an answer. */
export interface Checked {
  readonly status: number;
  readonly body: string;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Asks as Envoy's `ext_authz` does, with `encode_raw_headers`. */
export class CheckClient {
  readonly #client: Client;

  constructor(port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  /** @throws ServiceError */
  async check(request: Case): Promise<Checked> {
    const { denied_response: denied, ok_response: allowed } = await this.#call(messageOf(request));
    const headers = (denied ?? allowed)?.headers ?? [];
    return {
      status: denied?.status.code ?? 200,
      body: denied?.body ?? '',
      headers: new Map(
        headers.map(({ header: { key, value, raw_value: raw } }) => [
          key.toLowerCase(),
          (raw?.length ? raw : value)?.toString() ?? '',
        ]),
      ),
    };
  }

  close(): void {
    this.#client.close();
  }

  #call(message: object): Promise<CheckResponse> {
    const { path, requestSerialize, responseDeserialize } = SERVICE.Check as ServiceDefinition[string];
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        ...([path, requestSerialize, responseDeserialize, message] as const),
        { deadline: Date.now() + DEADLINE },
        (error: ServiceError | null, answer?: CheckResponse) =>
          error === null ? resolve(answer ?? {}) : reject(error),
      );
    });
  }
}

function messageOf({ method = 'GET', host = 'api.example.com', path = '/orders/1', subject, headers }: Case): object {
  const all = {
    ...{ ':method': method, ':path': path, ':authority': host },
    ...(subject === undefined ? {} : { authorization: `Bearer ${subject}` }),
    ...headers,
  };
  const raw = Object.entries(all).map(([key, value]) => ({ key, raw_value: Buffer.from(value) }));
  const line = { method: Buffer.from(method), host: Buffer.from(host), path: Buffer.from(path) };
  return { attributes: { request: { http: { ...line, header_map: { headers: raw } } } } };
}
