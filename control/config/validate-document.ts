import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { LineCounter, parseDocument } from 'yaml';
import type { ConfigurationDocument } from './document.ts';
import { ConfigurationError, type Problem, shown } from './problems.ts';
import { validators } from './schemas.ts';

/** What a problem of the document as a whole names. */
export const WHOLE = 'file';

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
  throw new ConfigurationError((validator.errors ?? []).filter(isInformative).map(problemOf));
}

/**
 * @param schema `failsafe`: every scalar is a text
 * @throws ConfigurationError that names line and column
 */
export function parseYaml(text: string, schema: 'core' | 'failsafe' = 'core'): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema });
  const problems = document.errors.map(({ code, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return { setting: `line ${line}, column ${col}`, message: `is not YAML (${code})` };
  });
  if (problems.length > 0) {
    throw new ConfigurationError(problems);
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new ConfigurationError([{ setting: WHOLE, message: 'has more aliases than a configuration needs' }]);
  }
}

/** The rest only say that something inside was wrong, which has a problem of its own. */
function isInformative({ keyword }: ErrorObject): boolean {
  return keyword !== 'oneOf' && keyword !== 'if' && keyword !== 'propertyNames';
}

function problemOf(error: ErrorObject): Problem {
  const place = error.instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
  const inside = (name: string) => (place === '' ? name : `${place}.${name}`);
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
      return { setting: place || WHOLE, message: `${name}${error.message}${describe(parentSchema)}` };
    }
  }
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
