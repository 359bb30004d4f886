import type { Redis, RedisOptions } from 'iovalkey';
import { describeFailure } from '../../describe-failure.ts';
import { type Lock, type Reading, type Remote, RemoteError, type Stored } from './remote.ts';

/** Where the server is, and how it is spoken to. */
export interface RemoteAddress {
  readonly at: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly database: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Undefined: without TLS. PEM; undefined parts are the system's, or none. */
  readonly tls:
    | {
        readonly ca: Buffer | undefined;
        readonly certificate: Buffer | undefined;
        readonly key: Buffer | undefined;
      }
    | undefined;
  /** ms for making a connection. */
  readonly connectTimeout: number;
}

/** ms between two attempts to connect, at first and at most. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;

const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;
const EXTEND = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0`;

/** A Valkey or Redis server, over one connection that is made anew whenever it ends. */
export class IovalkeyRemote implements Remote {
  #client: Redis | undefined;
  #failure: string | undefined;
  #closed = false;

  constructor(address: RemoteAddress) {
    void this.#connect(address);
  }

  get starting(): boolean {
    return this.#client === undefined;
  }

  read(names: readonly string[], lock?: Lock): Promise<Reading> {
    return this.#ask(async (client) => {
      const pipeline = client.pipeline();
      if (lock !== undefined) pipeline.set(lock.name, lock.holder, 'PX', lock.expiry, 'NX');
      for (const name of names) pipeline.getBuffer(name).pttl(name);
      const replies = (await pipeline.exec()) ?? [];
      const values = replies.map(([error, value]) => {
        if (error) throw error;
        return value;
      });
      const locked = lock !== undefined && values.shift() === 'OK';
      return { locked, stored: names.map((_, index) => storedOf(values[2 * index], values[2 * index + 1])) };
    });
  }

  write(name: string, bytes: Buffer, lifetime: number, onlyIfAbsent = false): Promise<void> {
    return this.#ask(async (client) => {
      await (onlyIfAbsent ? client.set(name, bytes, 'PX', lifetime, 'NX') : client.set(name, bytes, 'PX', lifetime));
    });
  }

  extend({ name, holder, expiry }: Lock): Promise<void> {
    return this.#ask(async (client) => {
      await client.eval(EXTEND, 1, name, holder, expiry);
    });
  }

  release({ name, holder }: Lock): Promise<void> {
    return this.#ask(async (client) => {
      await client.eval(RELEASE, 1, name, holder);
    });
  }

  reset(): void {
    this.#client?.disconnect(true);
  }

  close(): void {
    this.#closed = true;
    this.#client?.disconnect();
  }

  /** What is sent on one connection is done in that order. */
  async #ask<Result>(send: (client: Redis) => Promise<Result>): Promise<Result> {
    if (this.#client === undefined) throw new RemoteError('ENOTCONN');
    try {
      return await send(this.#client);
    } catch (error) {
      throw new RemoteError(this.#codeOf(error));
    }
  }

  /** Loaded only where it is used: that takes a tenth of a second. */
  async #connect({ at, database, username, password, tls, connectTimeout }: RemoteAddress): Promise<void> {
    const { Redis: Client } = await import('iovalkey');
    const options: RedisOptions = {
      ...at,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(tls === undefined ? {} : { tls: tlsOptions(tls, at) }),
      ...{ db: database, connectTimeout, lazyConnect: true, keepAlive: 30_000 },
      // A command is sent at once or not at all, and never twice.
      ...{ enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 },
      // What it would ask needs rights, and a server that is still loading says so anyway.
      enableReadyCheck: false,
      retryStrategy: (times) => Math.min(FIRST_PAUSE * 2 ** Math.min(times, 10), LONGEST_PAUSE),
    };
    // A frozen server never answers that a connection ends.
    const client = new Client({ ...options, disconnectTimeout: 10 } as RedisOptions);
    // Without a listener it writes errors to the console, with what was sent.
    client.on('error', (error) => {
      this.#failure = replyCode(error) ?? describeFailure(error);
    });
    // From then on it tries again by itself.
    await client.connect().catch(() => {});
    this.#client = client;
    if (this.#closed) client.disconnect();
  }

  /** What was wrong with the connection explains more than that there is none. */
  #codeOf(error: unknown): string {
    const code = replyCode(error) ?? describeFailure(error);
    return code === 'NOAUTH' || !/^[A-Z]/.test(code) || code === 'Error' ? (this.#failure ?? code) : code;
  }
}

/** With an address there is no name to send (RFC 6066 section 3). */
function tlsOptions({ ca, certificate, key }: NonNullable<RemoteAddress['tls']>, at: RemoteAddress['at']) {
  const servername = 'host' in at && !/^[\d.]+$|:/.test(at.host) ? { servername: at.host } : {};
  return { ...servername, ...(ca && { ca }), ...(certificate && { cert: certificate }), ...(key && { key }) };
}

function storedOf(bytes: unknown, remaining: unknown): Stored | undefined {
  // It may have expired in between; what has no expiry is not ours.
  return Buffer.isBuffer(bytes) && typeof remaining === 'number' && remaining > 0 ? { bytes, remaining } : undefined;
}

/** Errors of the server begin with a word such as `NOPERM`; the rest of them may quote what was sent. */
function replyCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return undefined;
  return /^[A-Z]{2,32}\b/.exec(error.message)?.[0] ?? 'ERR';
}
