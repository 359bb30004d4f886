import { status as Code, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData } from '@grpc/grpc-js';
import { AUTHORIZATION, HEALTH, type HealthCheckRequest, type HealthCheckResponse } from './messages.ts';

const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

/** The empty name stands for the server as a whole. */
const SERVICES: ReadonlySet<string> = new Set(['', AUTHORIZATION, HEALTH]);

type Watcher = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** `grpc.health.v1`, for Envoy's and Kubernetes' health checks. */
export class Health {
  #serving = false;
  readonly #watchers = new Set<Watcher>();

  readonly endpoint = {
    Check: (
      { request }: ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>,
      answer: sendUnaryData<HealthCheckResponse>,
    ) => {
      if (isKnown(request)) answer(null, this.#status());
      else answer({ code: Code.NOT_FOUND, details: 'unknown service' });
    },
    Watch: (call: Watcher) => {
      // The protocol wants the stream kept open: the service may come.
      call.write(isKnown(call.request) ? this.#status() : { status: SERVICE_UNKNOWN });
      this.#watchers.add(call);
      for (const end of ['cancelled', 'close', 'error']) call.on(end, () => this.#watchers.delete(call));
    },
  };

  setServing(serving: boolean): void {
    if (serving === this.#serving) return;
    this.#serving = serving;
    for (const call of this.#watchers) if (isKnown(call.request)) call.write(this.#status());
  }

  /** Ends what would keep the server from closing. */
  endWatches(): void {
    for (const call of this.#watchers) call.end();
    this.#watchers.clear();
  }

  #status(): HealthCheckResponse {
    return { status: this.#serving ? SERVING : NOT_SERVING };
  }
}

function isKnown({ service = '' }: HealthCheckRequest): boolean {
  return SERVICES.has(service);
}
