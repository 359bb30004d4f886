import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eventually } from '../../../tools/launch/eventually.ts';
import type { Step } from '../../../tools/pages/steps.ts';
import { interrupt, isRunning, signal } from './process-group.ts';

const COMMANDS_MILLISECONDS = 240_000;
const OUTPUT_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 20;
const REPETITION_MILLISECONDS = 500;
const OUR_PATH = /(?<![\w./:-])(?:control|deploy|docs|envoy|filter|test|tools)\/[\w./-]*\.\w+/g;

interface Background {
  readonly group: number;
  readonly output: () => string;
}

/** Somebody who reads one page from its beginning to its end, with one shell, in the root of a clone. */
export class Reader {
  readonly #repository: string;
  readonly #notes: string;
  readonly #shell: ChildProcess;
  readonly #background = new Map<string, Background>();
  #steps = 0;
  #failed = false;

  /**
   * @param repository where the shell begins
   * @param notes a folder of the reader's own, for what was run and what it printed
   */
  constructor({
    repository,
    notes,
    environment,
  }: { repository: string; notes: string; environment: NodeJS.ProcessEnv }) {
    this.#repository = repository;
    this.#notes = notes;
    mkdirSync(notes, { recursive: true });
    this.#shell = spawn('bash', ['--noprofile', '--norc', '-euo', 'pipefail'], {
      cwd: repository,
      env: environment,
      stdio: ['pipe', 'ignore', 'ignore'],
      // A group of its own, for what a block leaves running with `&`.
      detached: true,
    });
    // Writing to a shell that has ended is noticed where its answer is missed.
    this.#shell.stdin?.on('error', () => {});
  }

  /** Does what the page says. @throws {Error} with what was printed, when that does not work */
  async do(step: Step): Promise<void> {
    if (this.#failed) throw new Error('an earlier step of this page failed');
    this.#failed = true;
    if (step.kind === 'needs') this.#checkWords(step);
    else if (step.kind === 'file') this.#write(step);
    else if (step.kind === 'background') await this.#begin(step);
    else if (step.until !== undefined) await this.#repeat(step, step.until);
    else await this.#run(step);
    this.#failed = false;
  }

  /** Ends what runs in the background. @throws {Error} when something had ended before, or does not end with its terminal */
  async end(): Promise<void> {
    for (const name of this.#background.keys()) await this.#interrupt(name);
  }

  /** Ends everything, whatever became of it. */
  async leave(): Promise<void> {
    for (const { group } of this.#background.values()) signal(group, 'SIGKILL');
    const { pid, exitCode, signalCode } = this.#shell;
    if (pid === undefined) return;
    const ended =
      exitCode !== null || signalCode !== null || new Promise((resolve) => this.#shell.once('exit', resolve));
    signal(pid, 'SIGKILL');
    await ended;
  }

  #write({ name = '', text }: Step): void {
    const path = join(this.#repository, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** What does not run may still be no nonsense: it parses, and what it names of the repository is there. */
  #checkWords(step: Step): void {
    execFileSync('bash', ['-n', this.#note(step).script], { stdio: 'pipe' });
    for (const [path] of step.text.matchAll(OUR_PATH)) {
      if (!existsSync(join(this.#repository, path))) throw new Error(`there is no ${path}`);
    }
  }

  async #run(step: Step): Promise<void> {
    const { script, output, status } = this.#note(step);
    this.#tell(`. ${script} >${output} 2>&1 </dev/null`, `echo 0 >${status}`);
    await this.#finish(status, output);
  }

  async #repeat(step: Step, until: string): Promise<void> {
    const { script, output, status } = this.#note(step);
    const deadline = performance.now() + OUTPUT_MILLISECONDS;
    for (;;) {
      rmSync(status, { force: true });
      this.#tell('set +e', `(set -e; . ${script}) >${output} 2>&1 </dev/null`, `echo $? >${status}`, 'set -e');
      const code = await this.#finish(status, output);
      if (code === 0 && read(output).includes(until)) return;
      if (performance.now() > deadline) {
        throw new Error(`it ends with ${code} and does not print "${until}":\n${read(output)}${this.#describe()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, REPETITION_MILLISECONDS));
    }
  }

  async #begin(step: Step): Promise<void> {
    const { name = '', until = '' } = step;
    if (this.#background.has(name)) await this.#interrupt(name);
    const { script, output, status } = this.#note(step);
    this.#tell('set -m', `(. ${script}) >${output} 2>&1 </dev/null &`, `echo $! >${status}`, 'set +m');
    const group = await this.#finish(status, output);
    this.#background.set(name, { group, output: () => read(output) });
    await eventually(() => {
      if (!read(output).includes(until)) throw new Error(`${name} does not print "${until}":\n${read(output)}`);
    }, OUTPUT_MILLISECONDS);
  }

  async #interrupt(name: string): Promise<void> {
    const { group, output } = this.#background.get(name) as Background;
    this.#background.delete(name);
    if (!isRunning(group)) throw new Error(`${name} had ended before:\n${output()}`);
    await interrupt(group).catch((cause) => {
      throw new Error(`${name} does not end with its terminal:\n${output()}`, { cause });
    });
  }

  #note({ text }: Step) {
    const name = join(this.#notes, `${++this.#steps}`);
    writeFileSync(`${name}.sh`, text);
    return { script: `${name}.sh`, output: `${name}.output`, status: `${name}.status` };
  }

  #tell(...lines: string[]): void {
    this.#shell.stdin?.write(`${lines.join('\n')}\n`);
  }

  /** Waits for the number that the shell writes when it has come that far. */
  async #finish(status: string, output: string): Promise<number> {
    const deadline = performance.now() + COMMANDS_MILLISECONDS;
    for (;;) {
      // Before the file is looked at, which the shell may write and then end.
      const ended = this.#shell.exitCode ?? this.#shell.signalCode;
      if (read(status).endsWith('\n')) return Number(read(status));
      if (ended !== null) throw new Error(`it ends with ${ended}:\n${read(output)}${this.#describe()}`);
      if (performance.now() > deadline) throw new Error(`it does not end:\n${read(output)}${this.#describe()}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    }
  }

  /** What stands in the other terminals. */
  #describe(): string {
    const terminals = [...this.#background].map(([name, { output }]) => `--- ${name}:\n${output().slice(-4000)}`);
    return terminals.length === 0 ? '' : `\n${terminals.join('\n')}`;
  }
}

function read(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
