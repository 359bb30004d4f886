import { hash } from 'node:crypto';
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
  const { inner, outer } = padsOf(key);
  const lengths = fields.map((field) => (field === undefined ? 0 : Buffer.byteLength(field)));
  const message = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + PREFIX + length, BLOCK));
  inner.copy(message);
  let at = BLOCK;
  fields.forEach((field, index) => {
    message.writeUInt8(field === undefined ? 0 : 1, at);
    message.writeUInt32BE(lengths[index] ?? 0, at + 1);
    at += PREFIX;
    if (field !== undefined) at += message.write(field, at);
  });
  return hash('sha256', Buffer.concat([outer, hash('sha256', message, 'buffer')]), 'hex');
}

/** Of a field: whether it is there, and its length. */
const PREFIX = 5;
/** Bytes that SHA-256 takes at a time. */
const BLOCK = 64;

interface Pads {
  readonly inner: Buffer;
  readonly outer: Buffer;
}

const pads = new WeakMap<Buffer, Pads>();

/** HMAC-SHA-256 (RFC 2104), made of two hashes: `createHmac` builds a key object and a stream for each request. */
function padsOf(key: Buffer): Pads {
  const known = pads.get(key);
  if (known !== undefined) return known;
  const padded = Buffer.alloc(BLOCK);
  (key.length > BLOCK ? hash('sha256', key, 'buffer') : key).copy(padded);
  const pad = (value: number) => Buffer.from(padded.map((byte) => byte ^ value));
  const both = { inner: pad(0x36), outer: pad(0x5c) };
  pads.set(key, both);
  return both;
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
