import type { Token } from '../decide/ports.ts';
import { Secret } from '../secret.ts';
import type { Answer } from './answer.ts';
import { invalidResponse as invalid, NumberText, parseMembers } from './members.ts';
import { refusalOf } from './refusal.ts';

/** ms that a token lives when the issuer does not say: DexTokenBroker's figure. */
const DEFAULT_LIFETIME = 60_000;

/** Seconds in ten years. A longer lifetime is a mistake or a trap, and would make dates overflow further on. */
const MAXIMUM_EXPIRES_IN = 10 * 365 * 24 * 60 * 60;

/**
 * Reads the token out of an issuer's answer (RFC 6749 section 5.1). As with DexTokenBroker the content type does not
 * matter and a missing `token_type` means Bearer.
 *
 * @throws BrokerError credentials_rejected, issuer_refused, issuer_busy or invalid_token_response
 */
export function readToken(answer: Answer): Token {
  if (answer.status !== 200) throw refusalOf(answer);
  const members = parseMembers(answer.body);
  const type = members.get('token_type');
  if (type !== undefined && type !== null && type !== '') checkTokenType(type);
  return tokenFrom(answer, members);
}

/**
 * Reads what every token response has in common.
 *
 * @throws BrokerError invalid_token_response
 */
export function tokenFrom(answer: Answer, members: ReadonlyMap<string, unknown>): Token {
  const accessToken = new Secret(readAccessToken(members.get('access_token')));
  return {
    accessToken,
    digest: accessToken.digest(),
    obtainedAt: answer.sentAt,
    lifetime: readLifetime(members.get('expires_in')),
    fields: readFields(members),
  };
}

/** RFC 6750 section 2.1 allows fewer characters than this; what matters is that a header can carry them. */
function readAccessToken(value: unknown): string {
  if (value === undefined || value === null) throw invalid('access_token is missing', 'no_access_token');
  if (typeof value !== 'string') throw invalid('access_token is not a string');
  if (value === '') throw invalid('access_token is empty', 'no_access_token');
  if (!/^[\x21-\x7e]+$/.test(value)) throw invalid('access_token holds characters that no header may carry');
  return value;
}

/** @throws BrokerError invalid_token_response: only what `Bearer` announces may be sent as such */
export function checkTokenType(value: unknown): void {
  if (typeof value !== 'string') throw invalid('token_type is not a string', 'not_bearer');
  if (value.toLowerCase() !== 'bearer') throw invalid('token_type is not Bearer', 'not_bearer');
}

/** @returns ms */
function readLifetime(value: unknown): number {
  if (value === undefined || value === null) return DEFAULT_LIFETIME;
  if (!(value instanceof NumberText)) throw invalid('expires_in is not a number');
  const seconds = Number(value.text);
  if (!Number.isInteger(seconds)) throw invalid('expires_in is not a whole number');
  if (seconds < 1) throw invalid('expires_in is not positive');
  if (seconds > MAXIMUM_EXPIRES_IN) throw invalid('expires_in is more than ten years');
  return seconds * 1000;
}

function readFields(members: ReadonlyMap<string, unknown>): ReadonlyMap<string, Secret> {
  const fields = new Map<string, Secret>();
  for (const [name, value] of members) {
    if (typeof value === 'string') fields.set(name, new Secret(value));
    if (value instanceof NumberText) fields.set(name, new Secret(value.text));
  }
  return fields;
}
