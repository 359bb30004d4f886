import { readdirSync, readFileSync, statSync } from 'node:fs';

/**
 * Reads files and remembers what they looked like, so that a later look tells whether any of them has changed. They are
 * looked at and not watched: a mounted ConfigMap or Secret changes by a link far above the file, and network file systems
 * tell nobody.
 */
export class WatchedFiles {
  #seen = new Map<string, string>();
  #former: ReadonlyMap<string, string> = new Map();

  /** What is read from now on is what counts. */
  begin(): void {
    this.#former = this.#seen;
    this.#seen = new Map();
  }

  /** Since the last {@link begin} not everything has been read: what was read before that counts too. */
  abandon(): void {
    this.#seen = new Map([...this.#former, ...this.#seen]);
  }

  /** @throws an error of node:fs */
  readonly read = (path: string): Buffer => {
    // Looked at first: a change in between is then one that is still to be noticed.
    this.#seen.set(path, look(path));
    return readFileSync(path);
  };

  /** Names of what is in a folder, in order. @throws an error of node:fs; ENOTDIR when it is a file */
  readonly list = (path: string): string[] => {
    this.#seen.set(`${path}/`, lookInto(path));
    return readdirSync(path).sort();
  };

  /** Whether anything that counts looks different now. */
  changed(): boolean {
    for (const [path, before] of this.#seen) {
      const now = path.endsWith('/') ? lookInto(path.slice(0, -1)) : look(path);
      if (now !== before) return true;
    }
    return false;
  }
}

function look(path: string): string {
  return attempt(() => {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  });
}

function lookInto(path: string): string {
  return attempt(() => JSON.stringify(readdirSync(path).sort()));
}

function attempt(see: () => string): string {
  try {
    return see();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
}
