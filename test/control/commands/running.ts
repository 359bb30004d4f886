import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../../control/commands/run-command.ts';

/** A folder for one test, and commands that run in it. */
export class CommandFolder {
  readonly #path = mkdtempSync(join(tmpdir(), 'broker-commands-'));
  readonly now = Date.parse('2026-11-25T09:59:59.200Z');

  path(name: string): string {
    return join(this.#path, name);
  }

  /** @returns the file's path */
  write(name: string, content: object | string): string {
    writeFileSync(this.path(name), typeof content === 'string' ? content : JSON.stringify(content));
    return this.path(name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  async run(...words: string[]): Promise<{ code: number | undefined; output: string; errors: string }> {
    const [output, errors]: [string[], string[]] = [[], []];
    const code = await runCommand(words, {
      environment: {},
      readFile: readFileSync,
      print: (line) => output.push(line),
      complain: (line) => errors.push(line),
      now: () => this.now,
    });
    return { code, output: output.join('\n'), errors: errors.join('\n') };
  }

  remove(): void {
    rmSync(this.#path, { recursive: true });
  }
}
