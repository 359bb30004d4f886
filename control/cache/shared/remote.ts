/** Bytes that the server holds. */
export interface Stored {
  readonly bytes: Buffer;
  /** ms for which the server will keep them, by its own clock. */
  readonly remaining: number;
}

/** Only one holder has a lock at a time, until it lets go or the lock expires. */
export interface Lock {
  readonly name: string;
  /** Nobody else's. */
  readonly holder: string;
  /** ms */
  readonly expiry: number;
}

export interface Reading {
  /** Whether the lock that was asked for is now held. */
  readonly locked: boolean;
  /** In the order of the names; undefined for what is not there. */
  readonly stored: readonly (Stored | undefined)[];
}

/** The few things that a Valkey server is asked for. Whatever goes wrong is a {@link RemoteError}. */
export interface Remote {
  /** Whether the first attempt to connect has not ended yet. */
  readonly starting: boolean;
  /** One round trip. The lock is taken first, so that its holder reads what the former holder wrote. */
  read(names: readonly string[], lock?: Lock): Promise<Reading>;
  /** @param lifetime ms, 1 or more @param onlyIfAbsent leaves alone what is there */
  write(name: string, bytes: Buffer, lifetime: number, onlyIfAbsent?: boolean): Promise<void>;
  /** Starts the lock's expiry anew, if it is still held. */
  extend(lock: Lock): Promise<void>;
  release(lock: Lock): Promise<void>;
  /** Drops the connection with all that waits on it, and makes another. */
  reset(): void;
  close(): void;
}

/** A server that cannot be reached, or refuses. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  /** `ECONNREFUSED`, or the first word of the server's error, such as `WRONGPASS`; nothing that was sent. */
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}
