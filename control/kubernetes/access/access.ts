import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Secret } from '../../secret.ts';

/** What it takes to reach an API server, as it was when files were last read. */
export interface Access {
  /** https; it may have a path. */
  readonly server: URL;
  readonly tls: TlsMaterial;
  /** Undefined where a client certificate identifies us. */
  readonly token: Secret | undefined;
  /** Where we are at home: the pod's namespace, or the one of the kubeconfig's context. */
  readonly namespace: string | undefined;
}

export interface TlsMaterial {
  /** PEM authorities; undefined: the system's. */
  readonly ca: string | undefined;
  /** What the server's certificate must be for; undefined: the host of the URL. */
  readonly serverName: string | undefined;
  readonly client: { readonly certificate: string; readonly key: Secret } | undefined;
}

/** Access that cannot be used. The message names files and fields, and nothing that they hold. */
export class AccessError extends Error {
  override readonly name = 'AccessError';
}

/** Whether both lead to the same server in the same way, so that connections can stay; tokens do not matter here. */
export function leadsToSameServer(one: Access, other: Access): boolean {
  return fingerprint(one) === fingerprint(other);
}

function fingerprint({ server, tls }: Access): string {
  return JSON.stringify([server.href, tls.ca, tls.serverName, tls.client?.certificate, tls.client?.key.digest()]);
}

/** @throws AccessError unless it is an https URL that holds neither credentials nor a query */
export function parseServer(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== 'https:' || url.username || url.password || url.search || url.hash) {
    throw new AccessError(`${what} is no URL that begins with https:// and has no credentials, query or fragment`);
  }
  return url;
}

/** @throws AccessError unless the text begins with a certificate */
export function checkCertificates(pem: string, what: string): string {
  try {
    new X509Certificate(pem);
    return pem;
  } catch {
    // The parser's own message may quote what it read.
    throw new AccessError(`${what} holds no PEM certificate`);
  }
}

/** @throws AccessError unless the text is a private key without a password */
export function checkPrivateKey(pem: string, what: string): Secret {
  try {
    createPrivateKey(pem);
    return new Secret(pem);
  } catch {
    throw new AccessError(`${what} holds no unencrypted PEM private key`);
  }
}

/**
 * RFC 6750 section 2.1 allows less; what matters is that it stays one header of one line.
 *
 * @throws AccessError
 */
export function checkToken(text: string, what: string): Secret {
  if (!/^[\x21-\x7e]+$/.test(text)) throw new AccessError(`${what} holds no bearer token`);
  return new Secret(text);
}
