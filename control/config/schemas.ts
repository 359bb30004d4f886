import { readFileSync } from 'node:fs';
import { Ajv2020, type SchemaObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { ConfigurationDocument, EntryDocument, PolicyDocumentShell } from './document.ts';
import type { RevocationDocument } from './revocation.ts';
import type { IssuerProfilesDocument } from './token-exchange/issuer-profiles.ts';

interface Validators {
  readonly configuration: ValidateFunction<ConfigurationDocument>;
  /** A policy document whose entries and revocations may be anything. */
  readonly policyShell: ValidateFunction<PolicyDocumentShell>;
  readonly policyEntry: ValidateFunction<EntryDocument>;
  readonly revocation: ValidateFunction<RevocationDocument>;
  readonly issuerProfiles: ValidateFunction<IssuerProfilesDocument>;
}

let compiled: Validators | undefined;

/** The published schemas, compiled when they are first needed: that takes a fifth of a second. */
export function validators(): Validators {
  compiled ??= compile();
  return compiled;
}

function compile(): Validators {
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, discriminator: true, verbose: true, strict: false });
  const policy = readSchema('policy.schema.json');
  ajv.addSchema(policy);
  return {
    configuration: ajv.compile(readSchema('schema.json')),
    policyShell: ajv.compile(shellOf(policy)),
    policyEntry: ajv.compile({ $ref: `${policy.$id}#/$defs/teamEntry` }),
    revocation: ajv.compile({ $ref: `${policy.$id}#/$defs/revocation` }),
    issuerProfiles: ajv.compile(readSchema('issuer-profiles.schema.json')),
  };
}

/** Entries are looked at one by one, so that one that is bad takes no other with it. */
function shellOf({ $id, ...schema }: SchemaObject): SchemaObject {
  const lists = ['entries', 'revocations'].map((name) => {
    const { items, ...list } = schema.properties[name];
    return [name, list];
  });
  return { ...schema, properties: { ...schema.properties, ...Object.fromEntries(lists) } };
}

function readSchema(name: string): SchemaObject {
  return JSON.parse(readFileSync(new URL(`./${name}`, import.meta.url), 'utf8'));
}
