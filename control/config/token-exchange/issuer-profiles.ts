import { Secret } from '../../secret.ts';
import type { ClientAuthentication, IssuerConfiguration } from '../configuration.ts';
import { staticValueProblem } from '../credential-limits.ts';
import type { OperatorSourceDocument } from '../exchange-document.ts';
import { readTokenEndpoint } from '../issuer-settings.ts';
import { type OperatorContext, operatorValue } from '../operator-value.ts';
import { ConfigurationError, type Problems, shown } from '../problems.ts';
import type { Files } from '../read-files.ts';
import { validators } from '../schemas.ts';
import type { SecretReferenceDocument } from '../secret-reference.ts';
import { parseYaml, validate } from '../validate-document.ts';

/** ext-authz-token-exchange's file, and what we add to it (issuer-profiles.schema.json). */
export interface IssuerProfilesDocument {
  readonly issuers: readonly IssuerProfile[];
}

interface IssuerProfile {
  readonly name: string;
  readonly tokenEndpoint: string;
  readonly bearerRealm?: string;
  readonly tokenEndpointAuthMethod?: string;
  readonly clientID?: string;
  readonly clientIDFile?: string;
  readonly clientIDEnvironment?: string;
  readonly clientIDSecretRef?: Omit<SecretReferenceDocument, 'cluster'>;
  readonly clientSecret?: string;
  readonly clientSecretFile?: string;
  readonly clientSecretEnvironment?: string;
  readonly clientSecretSecretRef?: Omit<SecretReferenceDocument, 'cluster'>;
  readonly caFile?: string;
}

/** What variables say of every issuer. */
export interface IssuerDefaults
  extends Pick<
    IssuerConfiguration,
    'timeout' | 'timeouts' | 'caFile' | 'exchange' | 'realm' | 'showErrors' | 'budget'
  > {
  readonly method: 'client_secret_basic' | 'client_secret_post';
  readonly allowsHttp: boolean;
  /** Where Secrets are that name no namespace; undefined: where control itself is. */
  readonly namespace: string | undefined;
}

interface Context {
  readonly operator: OperatorContext;
  readonly defaults: IssuerDefaults;
  readonly files: Files;
  readonly problems: Problems;
}

const NAME = /^[A-Za-z0-9._-]{1,128}$/;
/** What fits between the quotes of a challenge. */
const REALM = /^[ !#-[\]-~]{1,128}$/;

/** The issuers of a file by name. Whatever is wrong with it is a problem that names the file and the place. */
export function readIssuerProfiles(path: string, context: Context): ReadonlyMap<string, IssuerConfiguration> {
  const { files, problems } = context;
  const text = files.secret('TOKEN_EXCHANGE_ISSUER_PROFILES_FILE', path)?.reveal();
  const issuers = new Map<string, IssuerConfiguration>();
  for (const [index, profile] of (text === undefined ? [] : parse(path, text, problems)).entries()) {
    const issuer = readProfile(`${path}: issuers[${index}]`, profile, context);
    if (issuers.has(issuer.name)) problems.add(`${path}: issuers[${index}].name`, 'comes twice; give each its own');
    issuers.set(issuer.name, issuer);
  }
  return issuers;
}

function parse(path: string, text: string, problems: Problems): readonly IssuerProfile[] {
  try {
    // As Go reads it, a number is a text where a text belongs.
    return validate(validators().issuerProfiles, parseYaml(text, 'failsafe')).issuers;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const { setting, message } of error.problems) problems.add(`${path}: ${setting}`, message);
    return [];
  }
}

function readProfile(setting: string, profile: IssuerProfile, context: Context): IssuerConfiguration {
  const { defaults, files, problems } = context;
  const { timeout, timeouts, exchange, showErrors, budget, allowsHttp } = defaults;
  const name = profile.name.trim();
  if (!NAME.test(name)) problems.add(`${setting}.name`, `${shown(name)} is no name; use letters, digits and . _ -`);
  const insecure = { allowed: allowsHttp, setting: 'TOKEN_EXCHANGE_ALLOW_HTTP_TOKEN_ENDPOINT' };
  const { caFile = defaults.caFile } = profile;
  const realm = profile.bearerRealm?.trim() || defaults.realm;
  checkRealm(`${setting}.bearerRealm`, realm, problems);
  return {
    name,
    tokenEndpoint: readTokenEndpoint(`${setting}.tokenEndpoint`, profile.tokenEndpoint.trim(), insecure, problems),
    caFile: caFile && files.certificates(`${setting}.caFile`, caFile),
    clientAuthentication: readMethod(`${setting}.tokenEndpointAuthMethod`, profile, context),
    client: {
      id: readPart(`${setting}.clientID`, 'clientId', idOf(profile), context),
      secret: readPart(`${setting}.clientSecret`, 'clientSecret', secretOf(profile), context),
    },
    extraParameters: new Map(),
    ...{ timeout, timeouts, exchange, realm, showErrors, budget },
  };
}

/** A realm of the operator's, which challenges name between quotes. */
export function checkRealm(setting: string, realm: string, problems: Problems): void {
  if (REALM.test(realm)) return;
  problems.add(setting, `${shown(realm)} is no realm; use printable ASCII without quotes and backslashes, 128 at most`);
}

function readMethod(setting: string, profile: IssuerProfile, { defaults, problems }: Context): ClientAuthentication {
  const method = profile.tokenEndpointAuthMethod?.trim() || defaults.method;
  if (method === 'client_secret_basic' || method === 'client_secret_post') return { method };
  problems.add(setting, `${shown(method)} is not one of client_secret_basic, client_secret_post`);
  return { method: defaults.method };
}

type PartSources = readonly (OperatorSourceDocument | undefined)[];

function idOf(profile: IssuerProfile): PartSources {
  const { clientID, clientIDFile, clientIDEnvironment, clientIDSecretRef } = profile;
  return sourcesOf(clientID?.trim(), clientIDFile, clientIDEnvironment, clientIDSecretRef);
}

function secretOf(profile: IssuerProfile): PartSources {
  const { clientSecret, clientSecretFile, clientSecretEnvironment, clientSecretSecretRef } = profile;
  return sourcesOf(clientSecret, clientSecretFile, clientSecretEnvironment, clientSecretSecretRef);
}

/** An empty value is none. */
function sourcesOf(
  value: string | undefined,
  file: string | undefined,
  environment: string | undefined,
  secretRef: SecretReferenceDocument | undefined,
): PartSources {
  return [
    value ? { value } : undefined,
    file ? { file } : undefined,
    environment ? { environment } : undefined,
    secretRef && { secretRef },
  ];
}

function readPart(
  setting: string,
  part: 'clientId' | 'clientSecret',
  sources: PartSources,
  { operator, defaults, problems }: Context,
): Secret {
  const [source, another] = sources.filter((each) => each !== undefined);
  if (source === undefined || another !== undefined) {
    const what = source === undefined ? 'is missing' : 'is said in several ways';
    problems.add(
      setting,
      `${what}; give it as it is, or one of ${['File', 'Environment', 'SecretRef'].join(', ')} after its name`,
    );
    return new Secret('');
  }
  const value = operatorValue(setting, withNamespace(source, defaults.namespace), { operator, problems });
  const problem = value && staticValueProblem(part, value);
  if (problem !== undefined) problems.add(setting, problem);
  return value ?? new Secret('');
}

function withNamespace(source: OperatorSourceDocument, home: string | undefined): OperatorSourceDocument {
  if (source.secretRef === undefined) return source;
  const { name, key, namespace = '' } = source.secretRef;
  const chosen = namespace.trim() || home;
  return { secretRef: { name: name.trim(), key: key.trim(), ...(chosen === undefined ? {} : { namespace: chosen }) } };
}
