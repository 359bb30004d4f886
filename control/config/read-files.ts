import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Secret } from '../secret.ts';
import type { Problems } from './problems.ts';

/** Reads a whole file. @throws an error with a `code`, as node:fs does */
export type ReadFile = (path: string) => Buffer;

/** Checks at start what would otherwise fail at the first request. What a file holds is never part of a problem. */
export class Files {
  readonly #read: ReadFile;
  readonly #problems: Problems;

  constructor(read: ReadFile, problems: Problems) {
    this.#read = read;
    this.#problems = problems;
  }

  /** @returns the path, whatever is wrong with the file */
  certificates(setting: string, path: string): string {
    const content = this.#content(setting, path);
    if (content !== undefined && !isCertificate(content)) {
      this.#problems.add(setting, `${path} holds no PEM certificate; give a file that begins with one`);
    }
    return path;
  }

  /** @returns the path, whatever is wrong with the file */
  privateKey(setting: string, path: string): string {
    const content = this.#content(setting, path);
    if (content !== undefined && !isPrivateKey(content)) {
      this.#problems.add(
        setting,
        `${path} holds no unencrypted PEM private key; convert it to PKCS #8 without a password`,
      );
    }
    return path;
  }

  /** The text of a file without the line feed that editors put at its end; undefined when it cannot be read. */
  secret(setting: string, path: string): Secret | undefined {
    const content = this.#content(setting, path);
    return content && new Secret(content.toString('utf8').replace(/\r?\n$/, ''));
  }

  /** A key of 32 bytes or more, whatever they are. */
  key(setting: string, path: string): Secret {
    const content = this.#content(setting, path);
    if (content !== undefined && content.length < 32) {
      this.#problems.add(setting, `${path} holds fewer than 32 bytes; make one with: head -c 32 /dev/urandom`);
    }
    return new Secret(content?.toString('latin1') ?? '');
  }

  #content(setting: string, path: string): Buffer | undefined {
    try {
      return this.#read(path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      this.#problems.add(setting, `${path} cannot be read (${code}); name a file that this process may read`);
      return undefined;
    }
  }
}

function isCertificate(content: Buffer): boolean {
  try {
    return new X509Certificate(content).fingerprint256 !== '';
  } catch {
    return false;
  }
}

function isPrivateKey(content: Buffer): boolean {
  try {
    return createPrivateKey(content).type === 'private';
  } catch {
    return false;
  }
}
