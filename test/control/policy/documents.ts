import { readFileSync } from 'node:fs';
import { readConfigurationFile } from '../../../control/config/file.ts';
import type { PolicyDocumentSource } from '../../../control/config/policy-source.ts';
import { type BuiltPolicy, PolicyBuilder } from '../../../control/policy/build-policy.ts';
import { encode } from '../../../control/policy/encode.ts';
import { deriveKeys, randomRoot } from '../../../control/policy/keys.ts';
import { createMatcher } from '../../../control/policy/matcher.ts';
import { Secret } from '../../../control/secret.ts';
import { createSigningKey, keySetOf } from '../../../tools/tokens/signing-key.ts';

const KEYS = deriveKeys(new Secret('k'.repeat(32)), randomRoot());
const MATCHER = readFileSync(new URL('../../../build/matcher.wasm', import.meta.url));

const KEY_SET = keySetOf(createSigningKey());

const noFile = (path: string): Buffer => {
  throw new Error(`no file ${path}`);
};

/** An entry of ext-authz-token-exchange's, for one host and path. */
export function exchangeEntry(host: string, pathPrefix: string, rest: object = {}): object {
  return {
    match: { host, pathPrefix },
    action: 'exchange',
    exchange: { issuerRef: 'primary', scope: 'read' },
    ...rest,
  };
}

/** A document of policy as a team writes it. @param content entries, or a text that may be anything */
export function document(
  label: string,
  content: readonly object[] | string | undefined,
  rest: Partial<PolicyDocumentSource> = {},
): PolicyDocumentSource {
  return {
    name: `configmap ${label}`,
    label,
    content:
      content === undefined
        ? { kind: 'missing', problem: 'has no config.yaml' }
        : {
            kind: 'text',
            text: typeof content === 'string' ? content : JSON.stringify({ version: 'v1', entries: content }),
          },
    hosts: undefined,
    owner: label,
    operator: undefined,
    ...rest,
  };
}

/** The operator's configuration: an issuer with a client of its own, a provider, and a policy. */
function configurationWith(policy: object) {
  const primary = {
    tokenEndpoint: 'https://primary.example/token',
    client: { id: { value: 'broker' }, secret: { value: 'broker-secret' } },
  };
  const callers = { issuer: 'https://login.example', audiences: ['api'], jwks: { inline: JSON.parse(KEY_SET) } };
  const keyed = {
    tokenEndpoint: 'https://keyed.example/token',
    clientAuthentication: { method: 'jwt_assertion_file', assertionFile: '/assertion' },
    client: { id: { value: 'broker' } },
  };
  const text = JSON.stringify({ version: 'v1', issuers: { primary, keyed }, providers: { callers }, policy });
  return readConfigurationFile('/broker.json', {}, () => Buffer.from(text));
}

/** @param now wall clock, ms */
export type Builder = (documents: readonly PolicyDocumentSource[], policy?: object, now?: number) => Built;

export interface Built extends BuiltPolicy {
  /** What becomes of a request: the id of its route, or what happens to one without. */
  readonly routeOf: (host: string, path: string, method?: string) => string;
  /** What is wrong with all documents, one line each. */
  readonly problems: readonly string[];
}

/** Builds policies one after the other, as a process does whose sources change. */
export function createBuilder(): Builder {
  const builder = new PolicyBuilder();
  return (documents, policy = { unmatched: 'pass' }, now = 0) => {
    const configuration = configurationWith(policy);
    const built = builder.build(configuration, documents, { keys: KEYS, readFile: noFile }, now);
    const match = createMatcher(MATCHER, encode(built.table, KEYS.filter));
    return {
      ...built,
      routeOf: (host, path, method = 'GET') => {
        const index = match(host, path, method);
        const route = built.table.routes[index];
        if (route === undefined) return index === -2 ? 'ambiguous' : built.table.unmatched;
        return route.kind === 'deny' && route.code === 'policy_invalid' ? 'closed' : route.id;
      },
      problems: built.sources.flatMap(({ problems }) =>
        problems.map(({ setting, message }) => `${setting}: ${message}`),
      ),
    };
  };
}

/** Builds one policy. */
export const build: Builder = (...sources) => createBuilder()(...sources);
