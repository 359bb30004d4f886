import { createHmac } from 'node:crypto';
import type { AnyTokenRequest, ServiceAccountTokenRequest, TokenExchangeRequest } from './ports.ts';

/**
 * What a token is remembered by: two requests share it only if everything in them is equal. Every field is preceded by
 * its length, so that no two different requests give the same bytes; an absent field differs from an empty one.
 *
 * @param key keeps a reader of the store from trying out secrets
 * @param issuerDigest a digest of the issuer's configuration
 * @returns 64 hex digits
 */
export function tokenKey(key: Buffer, request: AnyTokenRequest, issuerDigest: string): string {
  const fields = [
    request.issuer,
    issuerDigest,
    request.grant,
    request.clientId,
    request.clientSecret?.reveal(),
    request.scope,
    ...fieldsOf(request),
  ];
  return digestFields(key, fields);
}

/** A keyed digest of fields, each preceded by its length. @returns 64 hex digits */
export function digestFields(key: Buffer, fields: readonly (string | undefined)[]): string {
  const hmac = createHmac('sha256', key);
  for (const field of fields) {
    const bytes = Buffer.from(field ?? '', 'utf8');
    const prefix = Buffer.alloc(5);
    prefix.writeUInt8(field === undefined ? 0 : 1, 0);
    prefix.writeUInt32BE(bytes.length, 1);
    hmac.update(prefix).update(bytes);
  }
  return hmac.digest('hex');
}

function fieldsOf(request: AnyTokenRequest): (string | undefined)[] {
  switch (request.grant) {
    case 'client_credentials':
      return [];
    case 'kubernetes':
      return accountFields(request);
    default:
      return exchangeFields(request);
  }
}

function accountFields({ account, audiences, expirationSeconds, caller }: ServiceAccountTokenRequest): string[] {
  return [
    account.namespace,
    account.name,
    String(expirationSeconds),
    caller.source,
    caller.account.namespace,
    caller.account.name,
    caller.uid,
    ...audiences,
  ];
}

/** Lists are preceded by their length. When the tokens expire is left out: it is read from these very tokens. */
function exchangeFields(request: TokenExchangeRequest): (string | undefined)[] {
  const { resources, audiences, extraParameters } = request;
  return [
    request.grantType,
    String(request.onBehalfOf),
    request.subjectToken.reveal(),
    request.subjectTokenType,
    request.requestedTokenType,
    request.issuedTokenType,
    request.actorToken?.reveal(),
    request.actorTokenType,
    String(request.maximumAge),
    ...[resources, audiences, [...extraParameters].flat()].flatMap((list) => [String(list.length), ...list]),
  ];
}
