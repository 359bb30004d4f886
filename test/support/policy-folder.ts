import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder with documents of policy, as teams keep them. */
export class PolicyFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'envoy-token-broker-documents-'));

  /** Writes a document, whole from one moment to the next. @param content entries, or a text that may be anything */
  write(name: string, content: readonly object[] | string): void {
    const text = typeof content === 'string' ? content : JSON.stringify({ version: 'v1', entries: content });
    const unfinished = join(this.path, `.${name}`);
    writeFileSync(unfinished, text);
    renameSync(unfinished, join(this.path, name));
  }

  remove(name: string): void {
    rmSync(join(this.path, name));
  }

  /** Removes it all. */
  clean(): void {
    rmSync(this.path, { recursive: true, force: true });
    mkdirSync(this.path);
  }

  stop(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
