import { readFile } from 'node:fs/promises';
import type { ClusterConfiguration } from '../../config/cluster.ts';
import type { Clock } from '../../decide/ports.ts';
import { describeFailure } from '../../describe-failure.ts';
import { leadsToSameServer } from '../access/access.ts';
import type { ReadFile } from '../access/read-access.ts';
import { type AccessObserver, WatchedAccess } from '../access/watched-access.ts';
import type { Answer, Api, ApiRequest, Failure, Opened } from './api.ts';
import { badAnswer, describeAnswer, tooLarge } from './failure.ts';
import { readBody, TooLargeError } from './read-body.ts';
import { type CreateTransport, createTransport, type Fetch, type Transport } from './transport.ts';

export interface ClusterOptions {
  readonly clock: Clock;
  readonly observer?: AccessObserver;
  readonly createTransport?: CreateTransport;
  readonly readFile?: ReadFile;
  /** ms between two looks at the files, 5 s by default. */
  readonly reloadInterval?: number;
}

const DEFAULT_MAXIMUM_BYTES = 1024 * 1024;
/** Of an answer that refuses; Kubernetes says why in less. */
const MAXIMUM_REFUSAL_BYTES = 64 * 1024;
const RELOAD_INTERVAL = 5000;

/** A connection to one cluster's API server, with the credentials that its files hold at the moment. */
export class Cluster implements Api {
  readonly name: string;
  readonly #timeout: number;
  readonly #access: WatchedAccess;
  #transport: Transport;

  private constructor({ name, timeout }: ClusterConfiguration, access: WatchedAccess, transport: Transport) {
    this.name = name;
    this.#timeout = timeout;
    this.#access = access;
    this.#transport = transport;
  }

  /**
   * Reads how the API server is reached, without asking it anything.
   *
   * @throws AccessError
   */
  static async open(configuration: ClusterConfiguration, options: ClusterOptions): Promise<Cluster> {
    const { timeout } = configuration;
    const create = options.createTransport ?? createTransport;
    const access = await WatchedAccess.open(configuration, {
      clock: options.clock,
      readFile: options.readFile ?? readFile,
      observer: options.observer ?? {},
      interval: options.reloadInterval ?? RELOAD_INTERVAL,
      changed: (before, now) => {
        if (!leadsToSameServer(before, now)) cluster.#replaceTransport(create(now, timeout));
      },
    });
    const cluster = new Cluster(configuration, access, create(access.current, timeout));
    return cluster;
  }

  /** Where we are at home: the pod's namespace, or the one of the kubeconfig's context. */
  get namespace(): string | undefined {
    return this.#access.current.namespace;
  }

  async call(request: ApiRequest): Promise<Answer | Failure> {
    const transport = this.#transport;
    const limit = AbortSignal.timeout(this.#timeout);
    try {
      const signal = request.signal === undefined ? limit : AbortSignal.any([limit, request.signal]);
      const response = await this.#send(transport.call, request, signal);
      if (response.status !== 200 && response.status !== 201) return await this.#refused(response, request);
      const body = await readBody(response, request.maximumBytes ?? DEFAULT_MAXIMUM_BYTES);
      return { kind: 'answered', value: JSON.parse(body.toString('utf8')), bytes: body.length, server: transport };
    } catch (error) {
      return this.#failed(error, limit);
    }
  }

  async open(request: ApiRequest & { readonly signal: AbortSignal }): Promise<Opened | Failure> {
    const transport = this.#transport;
    // It ends only the wait for the beginning of the answer.
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), this.#timeout);
    try {
      const response = await this.#send(transport.open, request, AbortSignal.any([limit.signal, request.signal]));
      if (response.status !== 200) return await this.#refused(response, request);
      return { kind: 'opened', body: response.body ?? nothing(), server: transport };
    } catch (error) {
      return this.#failed(error, limit.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Looks at the files at once. */
  reload(): Promise<void> {
    return this.#access.reload();
  }

  /** Breaks watches off, and waits for calls under way. */
  async close(): Promise<void> {
    await this.#access.close();
    await this.#transport.close();
  }

  #send(fetch: Fetch, { method, path, query, body }: ApiRequest, signal: AbortSignal): Promise<Response> {
    const { server, token } = this.#access.current;
    const url = `${server.href.replace(/\/$/, '')}${path}${query === undefined ? '' : `?${query}`}`;
    return fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'envoy-token-broker',
        ...(token && { authorization: `Bearer ${token.reveal()}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal,
    });
  }

  async #refused(response: Response, { confidential = false }: ApiRequest): Promise<Failure> {
    const { status, headers } = response;
    // A token that has just been replaced is in its file already.
    if (status === 401) this.#access.suspect();
    const body = await readBody(response, MAXIMUM_REFUSAL_BYTES).catch(() => undefined);
    return describeAnswer(status, body?.toString('utf8'), { retryAfter: headers.get('retry-after'), confidential });
  }

  #failed(error: unknown, limit: AbortSignal): Failure {
    if (error instanceof TooLargeError) return tooLarge(error.message);
    // The parser's own message would quote the answer.
    if (error instanceof SyntaxError) return badAnswer('the answer is not JSON');
    const evidence = describeFailure(error);
    if (limit.aborted || evidence.endsWith('TIMEOUT') || evidence === 'ETIMEDOUT') {
      return { kind: 'failed', reason: 'timeout', message: `no whole answer within ${this.#timeout} ms` };
    }
    return { kind: 'failed', reason: 'unavailable', message: `no answer: ${evidence}` };
  }

  #replaceTransport(transport: Transport): void {
    void this.#transport.close();
    this.#transport = transport;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
