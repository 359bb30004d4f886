import type { KeySetSource } from './environment-providers.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import { type Problems, shown } from './problems.ts';

const FIELDS = ['url', 'issuer', 'audience'] as const;

/**
 * Reads DexTokenBroker's `JWKS_PROVIDERS`: a JSON array of `{"url", "issuer", "audience"}`, the latter two a text or an
 * array of texts. Its JSON reader takes names in any case and overlooks others; we warn of those, because a misspelt
 * `issuer` would let in everyone.
 */
export function readJwksProviders({
  reader,
  problems,
  warnings,
}: {
  readonly reader: EnvironmentReader;
  readonly problems: Problems;
  readonly warnings: string[];
}): readonly KeySetSource[] {
  const text = reader.text('JWKS_PROVIDERS').trim();
  const entries = text === '' ? [] : parse(text);
  if (entries === undefined) {
    problems.add(
      'JWKS_PROVIDERS',
      'is not a JSON array of objects; write [{"url":"https://…","issuer":"…","audience":"…"}]',
    );
    return [];
  }
  return entries.flatMap((entry, index) => {
    const setting = `JWKS_PROVIDERS: entry ${index}`;
    const unknown = Object.keys(entry).filter((name) => fieldOf(name) === undefined);
    warnings.push(...unknown.map((name) => `${setting} has a field ${shown(name)} that means nothing`));
    const read = (field: (typeof FIELDS)[number]) => {
      const values = texts(fieldValue(entry, field));
      if (values === undefined) problems.add(setting, `${field} must be a text or an array of texts`);
      return values ?? [];
    };
    const [url] = read('url');
    if (url === undefined) {
      problems.add(setting, 'is missing a url; give the address of its key set');
      return [];
    }
    return [{ url, issuers: read('issuer'), audiences: read('audience') }];
  });
}

function parse(text: string): readonly Readonly<Record<string, unknown>>[] | undefined {
  try {
    const value: unknown = JSON.parse(text) ?? [];
    const isObject = (entry: unknown) => typeof entry === 'object' && entry !== null && !Array.isArray(entry);
    return Array.isArray(value) && value.every(isObject) ? value : undefined;
  } catch {
    return undefined;
  }
}

function fieldOf(name: string): (typeof FIELDS)[number] | undefined {
  return FIELDS.find((field) => field === name.toLowerCase());
}

function fieldValue(entry: Readonly<Record<string, unknown>>, field: string): unknown {
  const name = Object.keys(entry).findLast((candidate) => fieldOf(candidate) === field);
  return name === undefined ? undefined : entry[name];
}

/** Trimmed, and without the empty ones. */
function texts(value: unknown): readonly string[] | undefined {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value ?? ''];
  if (!values.every((each) => typeof each === 'string')) return undefined;
  return values.map((each) => each.trim()).filter((each) => each !== '');
}
