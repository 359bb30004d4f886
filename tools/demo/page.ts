import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

const LABEL_WIDTH = 22;

/** What a demo prints. Colours appear only on a terminal that shows them. */
export class Page {
  /** Checks that failed so far. */
  failures = 0;
  readonly #stream: WriteStream;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  line(text = ''): void {
    this.#stream.write(`${text}\n`);
  }

  heading(text: string): void {
    this.line(`\n${this.#style('bold', text)}`);
  }

  /** Prints lines side by side with a label, which stands once. */
  facts(label: string, lines: string[]): void {
    for (const [index, text] of lines.entries()) {
      this.line(`  ${this.#style('dim', (index === 0 ? label : '').padEnd(LABEL_WIDTH))} ${text}`);
    }
  }

  /** Prints whether something is as it should be, and remembers when it is not. */
  check(statement: string, holds: boolean): void {
    if (!holds) this.failures += 1;
    this.line(`  ${holds ? this.#style('green', 'ok') : this.#style('red', 'NOT SO')}  ${statement}`);
  }

  #style(format: 'bold' | 'dim' | 'green' | 'red', text: string): string {
    return styleText(format, text, { stream: this.#stream });
  }
}
