/** What a reader does at one place of a page. */
export interface Step {
  readonly kind:
    | 'run'
    /** Commands that the page does not show: what stands for a placeholder, or a check of what was shown. */
    | 'unseen'
    /** It goes on while the reader does the rest of the page, as in a terminal of its own. */
    | 'background'
    /** Text that the reader writes to a file. */
    | 'file'
    /** Commands that cannot run on a lone machine. */
    | 'needs';
  /** Where it begins, from 1. */
  readonly line: number;
  readonly text: string;
  /** Of `background`, a name; of `file`, the path; of `needs`, what. */
  readonly name?: string;
  /** What its output holds once the reader goes on. */
  readonly until?: string;
}

export interface Page {
  readonly steps: readonly Step[];
  /** One line for each thing that nobody would try, or that means nothing. */
  readonly problems: readonly string[];
}

type Marks = { kind?: Step['kind']; name?: string; until?: string };

interface Block {
  readonly line: number;
  readonly end: number;
  readonly text: string;
  readonly language: string | undefined;
  readonly unseen: boolean;
}

const FENCE = /^(?<indentation>\s*)(?<ticks>`{3,})\s*(?<language>\S*)/;
const MARK = /^\s*<!-- docs-test: (?<word>[a-z]+)(?: (?<rest>.*?))? ?-->\s*$/;
const UNSEEN = /^\s*<!-- docs-test: run\s*$/;
const MARKED_KINDS: readonly string[] = ['background', 'file', 'needs'] satisfies Step['kind'][];
/** Other names of `sh`, by which commands would go by unseen. */
const SHELLS = ['bash', 'shell', 'console', 'zsh', 'sh-session', 'shell-session', 'terminal'];

/**
 * Reads what a page in Markdown tells its reader to do: each fenced block of `sh`, and what the comments before blocks say:
 *
 *     <!-- docs-test: background NAME -->   goes on until the page ends, or until the next one of that NAME begins
 *     <!-- docs-test: until TEXT -->        output to wait for; other commands are repeated until they succeed and print it
 *     <!-- docs-test: file PATH -->         the block, of whatever language, is what that file holds
 *     <!-- docs-test: needs WHAT -->        it cannot run here
 *     <!-- docs-test: run                   the lines up to the end of the comment are run
 */
export function readSteps(markdown: string): Page {
  const lines = markdown.split('\n');
  const steps: Step[] = [];
  const problems: string[] = [];
  let marks: Marks = {};
  const take = (): Marks => {
    const taken = marks;
    marks = {};
    return taken;
  };
  const leave = (line: number): void => {
    if (Object.keys(take()).length > 0) problems.push(`line ${line}: a mark without a block behind it`);
  };
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const block = readBlock(lines, at);
    if (block === undefined) {
      if (line.includes('docs-test')) readMark(line, at + 1, marks, problems);
      else if (line.trim() !== '') leave(at + 1);
      continue;
    }
    at = block.end;
    if (at === lines.length) problems.push(`line ${block.line}: it has no end`);
    if (block.unseen) leave(block.line);
    const step = toStep(block, take(), problems);
    if (step !== undefined) steps.push(step);
  }
  leave(lines.length);
  return { steps, problems };
}

/** A fence, or a comment with commands, that begins in that line; `end` is its last one. */
function readBlock(lines: readonly string[], at: number): Block | undefined {
  const fence = FENCE.exec(lines[at] ?? '')?.groups;
  const unseen = fence === undefined && UNSEEN.test(lines[at] ?? '');
  if (fence === undefined && !unseen) return undefined;
  const end = findEnd(lines, at, fence?.ticks);
  const text = strip(lines.slice(at + 1, end), fence?.indentation ?? '');
  return { line: at + 1, end, text, unseen, language: unseen ? 'sh' : fence?.language };
}

function findEnd(lines: readonly string[], begin: number, ticks: string | undefined): number {
  const isEnd = (line: string) => (ticks === undefined ? line.includes('-->') : line.trim() === ticks);
  const end = lines.findIndex((line, at) => at > begin && isEnd(line));
  return end === -1 ? lines.length : end;
}

/** Blocks in lists are indented. */
function strip(lines: readonly string[], indentation: string): string {
  return lines.map((line) => `${line.startsWith(indentation) ? line.slice(indentation.length) : line}\n`).join('');
}

function readMark(line: string, number: number, marks: Marks, problems: string[]): void {
  const { word = '', rest } = MARK.exec(line)?.groups ?? {};
  if (word === 'until' && rest && marks.until === undefined) marks.until = rest;
  else if (MARKED_KINDS.includes(word) && rest && marks.kind === undefined) {
    marks.kind = word as Step['kind'];
    marks.name = rest;
  } else problems.push(`line ${number}: no such mark, or not here: ${line.trim()}`);
}

function toStep(block: Block, { kind = 'run', ...rest }: Marks, problems: string[]): Step | undefined {
  const { line, text, language, unseen } = block;
  if (unseen) return { kind: 'unseen', line, text };
  const problem = (what: string) => problems.push(`line ${line}: ${what}`);
  if (!language) problem('a block of no language');
  else if (SHELLS.includes(language)) problem(`a block of ${language}: commands are sh`);
  if (language !== 'sh' && kind === 'run' && rest.until === undefined) return undefined;
  if (language !== 'sh' && kind !== 'file') problem(`${kind} is for sh`);
  return { kind, line, text, ...rest };
}
