import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { type Document, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { ConfigurationDocument } from './document.ts';
import { ConfigurationError, type Problem, shown } from './problems.ts';
import { validators } from './schemas.ts';

/** What a problem of the document as a whole names. */
export const WHOLE = 'file';

/** Of one document, and of what one of them stands for in others. */
const MAXIMUM_ALIASES = 100;

/** Of one document that are told. */
const MAXIMUM_PROBLEMS = 100;

/** Characters of a place in the document. */
const MAXIMUM_PLACE = 300;

/**
 * Reads a YAML text by the published schema, with its defaults filled in. Problems name places, never values: any of
 * them may be a secret that stands where it should not.
 *
 * @throws ConfigurationError with everything that is wrong
 */
export function validateDocument(text: string): ConfigurationDocument {
  return validate(validators().configuration, parseYaml(text));
}

/** @throws ConfigurationError with everything that is wrong */
export function validate<Document>(validator: ValidateFunction<Document>, document: unknown): Document {
  if (validator(document)) return document;
  throw new ConfigurationError(
    (validator.errors ?? []).filter(isInformative).slice(0, MAXIMUM_PROBLEMS).map(problemOf),
  );
}

/**
 * @param schema `failsafe`: every scalar is a text
 * @throws ConfigurationError that names line and column
 */
export function parseYaml(text: string, schema: 'core' | 'failsafe' = 'core'): unknown {
  const lines = new LineCounter();
  // The parser would compare each key with all before it: a mapping of many keys would keep it busy for minutes.
  const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: false, schema };
  const document = withoutStacks(() => parseDocument(text, options));
  const errors = document.errors.map(({ code, pos: [at] }) => ({ code, at }));
  const repeated = repeatedKeys(document).map((at) => ({ code: 'DUPLICATE_KEY', at }));
  const problems = [...errors, ...repeated].slice(0, MAXIMUM_PROBLEMS).map(({ code, at }) => {
    const { line, col } = lines.linePos(at);
    return { setting: `line ${line}, column ${col}`, message: `is not YAML (${code})` };
  });
  if (problems.length > 0) {
    throw new ConfigurationError(problems);
  }
  // The parser looks through the whole document for each of them.
  if (countAliases(document) > MAXIMUM_ALIASES) throw tooManyAliases();
  try {
    return document.toJS({ maxAliasCount: MAXIMUM_ALIASES });
  } catch {
    throw tooManyAliases();
  }
}

function countAliases(document: Document): number {
  let count = 0;
  visit(document, {
    Alias: () => {
      count += 1;
    },
  });
  return count;
}

function tooManyAliases(): ConfigurationError {
  return new ConfigurationError([{ setting: WHOLE, message: 'has more aliases than a configuration needs' }]);
}

/** A text may have an error on each of its lines; a stack for each of these would take a thousand times its memory. */
function withoutStacks<Result>(run: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Where the keys stand that their mapping holds already (YAML 1.2.2 section 3.2.1.1). */
function repeatedKeys(document: Document): readonly number[] {
  const repeated: number[] = [];
  visit(document, {
    Map: (_key, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) repeated.push(key.range?.[0] ?? 0);
        seen.add(key.value);
      }
    },
  });
  return repeated;
}

/** The rest only say that something inside was wrong, which has a problem of its own. */
function isInformative({ keyword }: ErrorObject): boolean {
  return keyword !== 'oneOf' && keyword !== 'if' && keyword !== 'propertyNames';
}

function problemOf(error: ErrorObject): Problem {
  const place = error.instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
  const inside = (name: string) => cut(place === '' ? name : `${place}.${name}`);
  const { params, parentSchema } = error;
  switch (error.keyword) {
    case 'additionalProperties': {
      const known = Object.keys((parentSchema as { properties?: object }).properties ?? {}).join(', ');
      return { setting: inside(params.additionalProperty), message: `is not a field; known here: ${known}` };
    }
    case 'required':
      return { setting: inside(params.missingProperty), message: 'is missing; set it' };
    case 'enum':
      return { setting: place, message: `must be one of ${params.allowedValues.join(', ')}` };
    case 'const':
      return { setting: place, message: `must be ${params.allowedValue}` };
    case 'discriminator': {
      const tags = Object.values(parentSchema?.oneOf ?? []).flatMap((branch) => tagsOf(branch, params.tag));
      return { setting: inside(params.tag), message: `must be one of ${tags.join(', ')}` };
    }
    case 'minProperties':
    case 'maxProperties':
      return { setting: place, message: `${error.message}${describe(parentSchema)}` };
    default: {
      const name = error.propertyName === undefined ? '' : `name ${shown(error.propertyName)} `;
      return { setting: cut(place) || WHOLE, message: `${name}${error.message}${describe(parentSchema)}` };
    }
  }
}

/** Names of fields are whatever somebody wrote. */
function cut(place: string): string {
  return place.length > MAXIMUM_PLACE ? `${place.slice(0, MAXIMUM_PLACE)}…` : place;
}

function tagsOf(branch: unknown, tag: string): string[] {
  const { const: only, enum: several } =
    (branch as { properties: Record<string, { const?: string; enum?: string[] }> }).properties[tag] ?? {};
  return several ?? (only === undefined ? [] : [only]);
}

function describe(schema: object | undefined): string {
  const { description } = (schema ?? {}) as { description?: string };
  return description === undefined ? '' : ` (${description.replace(/\.$/, '')})`;
}
