import type { ClientAuthentication, IssuerConfiguration } from './configuration.ts';
import type { ClientAuthenticationDocument, IssuerDocument } from './document.ts';
import { readExtraParameters, readTokenEndpoint } from './issuer-settings.ts';
import type { Problems } from './problems.ts';
import type { Files } from './read-files.ts';

interface Context {
  readonly duration: (setting: string, text: string, minimum: number, maximum: number) => number;
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
    extraParameters: readExtraParameters(`${setting}.extraParameters`, parameters, problems),
    budget: { ...budget, breakerOpen: duration(`${setting}.budget.breakerOpen`, breakerOpen, 100, 3_600_000) },
  };
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
