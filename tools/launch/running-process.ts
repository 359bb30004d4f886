import { type ChildProcess, spawn } from 'node:child_process';

const STOP_GRACE_MILLISECONDS = 5_000;
/** What is kept of one process's output; the oldest is dropped first. */
const KEPT_OUTPUT_CHARACTERS = 4_000_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface ProcessOptions {
  /** What it is called in error messages. */
  name: string;
  command: string;
  parameters: string[];
  environment?: NodeJS.ProcessEnv;
  directory?: string;
}

/** A child process whose output is kept, and which never outlives this one. */
export class RunningProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #output = '';
  #end: string | undefined;

  constructor(options: ProcessOptions) {
    this.name = options.name;
    const child = spawn(options.command, options.parameters, {
      cwd: options.directory,
      env: options.environment ?? process.env,
      // Not detached: Ctrl-C at a terminal must reach it too, because it may end us before we can stop it.
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    running.add(child);
    const keep = (chunk: string): void => {
      this.#output = (this.#output + chunk).slice(-KEPT_OUTPUT_CHARACTERS);
    };
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#end = error.message;
        running.delete(child);
        resolve();
      });
      child.once('close', (code, signal) => {
        this.#end ??= signal === null ? `exit code ${code}` : `signal ${signal}`;
        running.delete(child);
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Everything it wrote to standard output and standard error so far. */
  output(): string {
    return this.#output;
  }

  /** How it ended, in words; undefined while it runs. */
  end(): string | undefined {
    return this.#end;
  }

  /**
   * Waits until `probe` returns without throwing.
   *
   * @throws {Error} with the process's output, when it ends first or `timeoutMilliseconds` pass.
   */
  async waitUntil<T>(probe: () => T | Promise<T>, timeoutMilliseconds = 20_000): Promise<T> {
    const deadline = performance.now() + timeoutMilliseconds;
    for (;;) {
      try {
        return await probe();
      } catch (cause) {
        if (this.#end !== undefined) throw new Error(`${this.name} ended (${this.#end}):\n${this.#output}`, { cause });
        if (performance.now() > deadline) {
          await this.stop();
          throw new Error(`${this.name} is not ready after ${timeoutMilliseconds} ms:\n${this.#output}`, { cause });
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Sends a signal, without waiting for what comes of it. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks it to end with SIGTERM, insists with SIGKILL after five seconds, and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#end === undefined) {
      this.#child.kill('SIGTERM');
      const insist = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MILLISECONDS);
      await this.#exited;
      clearTimeout(insist);
    }
  }

  /** Waits for its own end. */
  async waitForEnd(): Promise<string> {
    await this.#exited;
    return this.#end ?? '';
  }
}
