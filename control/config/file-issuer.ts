import { Secret } from '../secret.ts';
import type { ClientAuthentication, IssuerConfiguration } from './configuration.ts';
import { staticValueProblem } from './credential-limits.ts';
import type { ClientAuthenticationDocument, IssuerDocument } from './document.ts';
import type { ReadDuration } from './entry-context.ts';
import type { ExchangeDefaults } from './exchange.ts';
import type { OperatorSourceDocument } from './exchange-document.ts';
import { DEFAULT_EXCHANGE, readExtraParameters, readTokenEndpoint } from './issuer-settings.ts';
import { type OperatorContext, operatorValue } from './operator-value.ts';
import type { Problems } from './problems.ts';
import type { Files } from './read-files.ts';

/** Where Kubernetes keeps a pod's own token fresh. */
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

interface Context extends OperatorContext {
  readonly duration: ReadDuration;
  readonly files: Files;
  readonly problems: Problems;
}

/** One member of `issuers`. */
export function readIssuerDocument(name: string, document: IssuerDocument, context: Context): IssuerConfiguration {
  const { duration, files, problems } = context;
  const setting = `issuers.${name}`;
  const insecure = { allowed: document.allowInsecure, setting: `${setting}.allowInsecure` };
  const parameters = Object.entries(document.extraParameters ?? {});
  const { breakerOpen, ...budget } = document.budget;
  const { client, realm, showErrors } = document;
  return {
    name,
    tokenEndpoint: readTokenEndpoint(`${setting}.tokenEndpoint`, document.tokenEndpoint, insecure, problems),
    timeout: duration(`${setting}.timeout`, document.timeout, 1, 86_400_000),
    caFile: document.caFile && files.certificates(`${setting}.caFile`, document.caFile),
    clientAuthentication: readClientAuthentication(
      `${setting}.clientAuthentication`,
      document.clientAuthentication,
      files,
    ),
    client: client && {
      id: readClientPart(`${setting}.client.id`, 'clientId', client.id, context),
      secret: client.secret && readClientPart(`${setting}.client.secret`, 'clientSecret', client.secret, context),
    },
    extraParameters: readExtraParameters(`${setting}.extraParameters`, parameters, problems),
    exchange: readExchangeDefaults(document.exchange),
    realm,
    showErrors,
    budget: { ...budget, breakerOpen: duration(`${setting}.budget.breakerOpen`, breakerOpen, 100, 3_600_000) },
  };
}

/** `any`: whatever an answer says of its token's type. */
function readExchangeDefaults(document: IssuerDocument['exchange'] = {}): ExchangeDefaults {
  const { grantType, subjectTokenType = DEFAULT_EXCHANGE.subjectTokenType, issuedTokenType } = document;
  const any = issuedTokenType === 'any';
  const expected = any ? undefined : issuedTokenType;
  return { grantType, subjectTokenType, issuedTokenType: expected, checksIssuedTokenType: !any };
}

function readClientPart(
  setting: string,
  part: 'clientId' | 'clientSecret',
  source: OperatorSourceDocument,
  context: Context,
): Secret {
  const value = operatorValue(setting, source, { operator: context, problems: context.problems });
  const problem = value && staticValueProblem(part, value);
  if (problem !== undefined) context.problems.add(setting, problem);
  return value ?? new Secret('');
}

function readClientAuthentication(
  setting: string,
  document: ClientAuthenticationDocument,
  files: Files,
): ClientAuthentication {
  switch (document.method) {
    case 'private_key_jwt':
      return {
        method: document.method,
        privateKeyFile: files.privateKey(`${setting}.privateKeyFile`, document.privateKeyFile),
        keyId: document.keyId,
        algorithm: document.algorithm ?? 'RS256',
        audience: document.audience,
      };
    case 'jwt_assertion_file': {
      const { assertionFile = SERVICE_ACCOUNT_TOKEN } = document;
      files.secret(`${setting}.assertionFile`, assertionFile);
      return { method: document.method, assertionFile };
    }
    case 'tls_client_auth':
      return {
        method: document.method,
        certificateFile: files.certificates(`${setting}.certificateFile`, document.certificateFile),
        keyFile: files.privateKey(`${setting}.keyFile`, document.keyFile),
      };
    default:
      return { method: document.method };
  }
}
