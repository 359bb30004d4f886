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

/**
 * A keyed digest of fields, each preceded by its length: HMAC-SHA-256 (RFC 2104) under the hex digits of the key, made of two
 * hashes, because `createHmac` builds a key object and a stream for each request.
 *
 * @param key those of 32 bytes have as many hex digits as a block; in the place of a longer one stands its SHA-256
 * @returns 64 hex digits
 */
export function digestFields(key: Buffer, fields: readonly (string | undefined)[]): string {
  const { inner, outer } = padsOf(key);
  let message = inner;
  for (const field of fields) message += field === undefined ? '-' : `${field.length}:${field}`;
  hash('sha256', message, 'buffer').copy(outer, BLOCK);
  return hash('sha256', outer, 'hex');
}

/** Bytes that SHA-256 takes at a time, and that it gives. */
const BLOCK = 64;
const DIGEST = 32;

interface Pads {
  /** ASCII. */
  readonly inner: string;
  /** With room for what the inner hash gives. */
  readonly outer: Buffer;
}

const pads = new WeakMap<Buffer, Pads>();

function padsOf(key: Buffer): Pads {
  const known = pads.get(key);
  if (known !== undefined) return known;
  const digits = Buffer.alloc(BLOCK);
  digits.write(key.length > DIGEST ? hash('sha256', key) : key.toString('hex'), 'ascii');
  const pad = (value: number) => Buffer.from(digits.map((byte) => byte ^ value));
  const both = { inner: pad(0x36).toString('ascii'), outer: Buffer.concat([pad(0x5c)], BLOCK + DIGEST) };
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
