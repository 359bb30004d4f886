import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './copy-sources.ts';

/** What a release holds, made as the workflow makes it. */
export class Released {
  readonly folder = mkdtempSync(join(tmpdir(), 'release-'));

  constructor(version: string) {
    const parameters = ['tools/package/release.sh', version, this.folder];
    execFileSync('sh', parameters, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  text(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** Digests of images by their names. */
  digests(): Record<string, string> {
    const lines = this.text('images/DIGESTS').trimEnd().split('\n');
    return Object.fromEntries(lines.map((line) => line.split(' ').reverse() as [string, string]));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
