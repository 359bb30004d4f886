/** One request to an API server. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** From the API's root, such as `/api/v1/namespaces`; every part of it percent-encoded. */
  readonly path: string;
  readonly query?: URLSearchParams;
  /** Sent as JSON. */
  readonly body?: object;
  /** Bytes of the answer that are read at most, 1 MiB by default. */
  readonly maximumBytes?: number;
  /** Whether the request holds a secret: then a failure quotes nothing of the answer, which could repeat it. */
  readonly confidential?: boolean;
  /** Ends the request early. */
  readonly signal?: AbortSignal;
}

/** An API server, as those see it who ask it something. No call of theirs ever rejects. */
export interface Api {
  /** Sends a request and reads the whole answer. */
  call(request: ApiRequest): Promise<Answer | Failure>;
  /** Begins a watch, whose answer goes on until the server or the signal ends it. */
  open(request: ApiRequest & { readonly signal: AbortSignal }): Promise<Opened | Failure>;
}

/** A good answer: 200 or 201, and JSON. */
export interface Answer {
  readonly kind: 'answered';
  readonly value: unknown;
  /** Bytes of the answer. */
  readonly bytes: number;
  /** The server that gave it; another object once the cluster's access leads to another server. */
  readonly server: object;
}

export interface Opened {
  readonly kind: 'opened';
  /** Rejects when the connection breaks or the signal ends it. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly server: object;
}

/** Why there is no good answer. */
export type FailureReason =
  /** 401: the API server does not know us. */
  | 'unauthorized'
  /** 403: we have no right to this. */
  | 'forbidden'
  /** 404 of Kubernetes itself. */
  | 'notFound'
  /** 409: the object has changed since it was read. */
  | 'conflict'
  /** 422: a value is out of range. */
  | 'unprocessable'
  /** 410: the version that a watch or a list began from is too old. */
  | 'gone'
  /** There is more than we read, or hold. */
  | 'tooLarge'
  /** No connection, or 429 or 5xx. */
  | 'unavailable'
  | 'timeout'
  /** Anything else, redirects included. */
  | 'badAnswer';

export interface Failure {
  readonly kind: 'failed';
  readonly reason: FailureReason;
  /** For logs and status: one short line without secrets. */
  readonly message: string;
  /** HTTP status; undefined when none came. */
  readonly status?: number;
  /** ms for which the server asks to be left alone. */
  readonly retryAfter?: number;
}
