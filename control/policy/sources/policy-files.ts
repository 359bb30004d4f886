import { basename, extname, join } from 'node:path';
import type { PolicyFiles } from '../../config/configuration.ts';
import type { OperatorContext } from '../../config/operator-value.ts';
import { MAXIMUM_DOCUMENT_BYTES, type PolicyDocumentSource, tooManyBytes } from '../../config/policy-source.ts';

const EXTENSIONS: ReadonlySet<string> = new Set(['.yaml', '.yml', '.json']);

/** @throws errors of node:fs */
interface FileReader {
  readonly read: (path: string) => Buffer;
  readonly list: (path: string) => readonly string[];
}

/**
 * Reads documents of policy from files, and from the `.yaml`, `.yml` and `.json` files of folders. It never throws: what
 * cannot be read is a document that is missing.
 *
 * @param operator given to the documents of those that are trusted
 */
export function readPolicyFiles(
  configured: readonly PolicyFiles[],
  reader: FileReader,
  operator: OperatorContext | undefined,
): readonly PolicyDocumentSource[] {
  return configured.flatMap(({ path, hosts, trusted }) =>
    filesAt(path, reader).map((file) => ({
      name: `file ${file}`,
      label: labelOf(file),
      content: contentOf(file, reader),
      hosts,
      owner: trusted ? undefined : `file ${file}`,
      operator: trusted ? operator : undefined,
    })),
  );
}

/** The folder's files; the path itself where it is none. */
function filesAt(path: string, { list }: FileReader): readonly string[] {
  try {
    return list(path)
      .filter((name) => EXTENSIONS.has(extname(name)) && !name.startsWith('.'))
      .map((name) => join(path, name));
  } catch {
    return [path];
  }
}

function labelOf(file: string): string {
  return basename(file, extname(file)).replaceAll(/[^A-Za-z0-9._-]/g, '-') || 'file';
}

function contentOf(file: string, { read }: FileReader): PolicyDocumentSource['content'] {
  try {
    const bytes = read(file);
    if (bytes.length > MAXIMUM_DOCUMENT_BYTES) {
      return { kind: 'missing', problem: tooManyBytes(bytes.length) };
    }
    return { kind: 'text', text: bytes.toString('utf8') };
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return { kind: 'missing', problem: `cannot be read (${code}); name a file that this process may read` };
  }
}
