import { close, fsyncSync, openSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { ConfigurationError } from '../config/problems.ts';

/** Bytes that may wait to be written: some ten thousand lines. */
const MAXIMUM_WAITING = 8 * 1024 * 1024;
/** The owner writes, the group may read: lines say who people are. */
const MODE = 0o640;
/** ms until a full pipe is tried again. */
const FULL_PIPE_PAUSE = 20;

const STREAMS: Readonly<Record<string, number>> = { stdout: 1, stderr: 2 };

/** Is told once when lines begin to be lost, and once, with their number, when lines are written again. */
export interface DestinationObserver {
  failed(error: Error): void;
  recovered(lost: number): void;
}

/**
 * Writes lines in order and in the background: a slow disk never delays a decision. What waits is bounded; beyond that,
 * and while writing fails, lines are lost and counted.
 */
export class Destination {
  readonly #path: string | undefined;
  readonly #observer: DestinationObserver;
  #descriptor: number;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #lost = 0;
  #writing: Promise<void> | undefined;
  /** The last line was written in part: the next one must not continue it. */
  #torn = false;

  /**
   * @param setting as the problem names it
   * @param log `stdout`, `stderr` or a file's path
   * @throws ConfigurationError when the file cannot be opened
   */
  constructor(setting: string, log: string, observer: DestinationObserver) {
    const stream = STREAMS[log];
    this.#observer = observer;
    this.#path = stream === undefined ? log : undefined;
    try {
      this.#descriptor = stream ?? openSync(log, 'a', MODE);
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      const message = `${log} cannot be written (${code}); name a file that this process may write, stdout or stderr`;
      throw new ConfigurationError([{ setting, message }]);
    }
  }

  /** @param line with its line feed */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#waitingBytes + bytes > MAXIMUM_WAITING) {
      this.#lose(1, new Error(`more than ${MAXIMUM_WAITING} bytes wait to be written`));
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += bytes;
    this.#writing ??= this.#drain();
  }

  /** Opens the file anew, after a rotation has moved it away. Keeps the old one when that fails. */
  reopen(): void {
    if (this.#path === undefined) return;
    try {
      const old = this.#descriptor;
      this.#descriptor = openSync(this.#path, 'a', MODE);
      // What is being written to the old one goes there still.
      (this.#writing ?? Promise.resolve()).then(() => close(old, () => {}));
    } catch (error) {
      this.#observer.failed(error as Error);
    }
  }

  /** Writes what waits. Nothing may be written afterwards. */
  async close(): Promise<void> {
    await this.#writing;
    if (this.#path === undefined) return;
    try {
      fsyncSync(this.#descriptor);
    } catch {
      // A pipe, or a device, keeps nothing that could be made safe.
    }
    await promisify(close)(this.#descriptor);
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      const descriptor = this.#descriptor;
      this.#waiting = [];
      try {
        await writeWhole(descriptor, `${this.#torn ? '\n' : ''}${lines.join('')}`);
        this.#torn = false;
        this.#recover();
      } catch (error) {
        this.#torn = true;
        this.#lose(lines.length, error as Error);
      }
      this.#waitingBytes = this.#waiting.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
    }
    this.#writing = undefined;
  }

  #lose(lines: number, error: Error): void {
    if (this.#lost === 0) this.#observer.failed(error);
    this.#lost += lines;
  }

  #recover(): void {
    if (this.#lost > 0) this.#observer.recovered(this.#lost);
    this.#lost = 0;
  }
}

const writeSome = promisify(write);

async function writeWhole(descriptor: number, text: string): Promise<void> {
  let rest = Buffer.from(text, 'utf8');
  while (rest.length > 0) {
    try {
      const { bytesWritten } = await writeSome(descriptor, rest);
      rest = rest.subarray(bytesWritten);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      const { promise, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, FULL_PIPE_PAUSE);
      await promise;
    }
  }
}
