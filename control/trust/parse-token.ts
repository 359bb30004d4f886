import { TokenRefused } from './refusal.ts';

/** A JWS in compact form (RFC 7515 section 7.1), taken apart; nothing in it is verified. */
export interface ParsedToken {
  /** As it came. */
  readonly text: string;
  readonly algorithm: string;
  /** Undefined when the header names no key. */
  readonly kid: string | undefined;
  readonly type: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The payload as the token carries it, base64url. */
  readonly payload: string;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/**
 * Takes a token apart.
 *
 * @throws TokenRefused: jwt_malformed, jwt_critical_header
 */
export function parseToken(text: string): ParsedToken {
  const parts = text.split('.', 4);
  const [encodedHeader = '', payload = '', signature = ''] = parts;
  if (parts.length !== 3) throw new TokenRefused('jwt_malformed', 'it does not have three parts');
  const header = decodeObject('header', encodedHeader);
  const claims = decodeObject('payload', payload);
  decode('signature', signature);
  // RFC 7515 section 4.1.11: whoever does not understand an extension must refuse the token, and we know none.
  if ('crit' in header) throw new TokenRefused('jwt_critical_header', 'the header holds crit');
  // RFC 7797: without `crit` it must not be there either, and libraries disagree on what it then means.
  if ('b64' in header) throw new TokenRefused('jwt_critical_header', 'the header holds b64');
  const algorithm = readText(header, 'alg');
  if (algorithm === undefined) throw new TokenRefused('jwt_malformed', 'the header holds no alg');
  return { text, algorithm, kid: readText(header, 'kid') || undefined, type: readText(header, 'typ'), claims, payload };
}

function decodeObject(part: string, encoded: string): Record<string, unknown> {
  const bytes = decode(part, encoded);
  let value: unknown;
  try {
    value = JSON.parse(UTF_8.decode(bytes));
  } catch {
    throw new TokenRefused('jwt_malformed', `the ${part} is not JSON in UTF-8`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TokenRefused('jwt_malformed', `the ${part} is not a JSON object`);
  }
  return value as Record<string, unknown>;
}

/**
 * RFC 4648 section 3.5 lets decoders ignore the unused bits of the last character. Four spellings of one token would
 * then be four tokens to every cache, and one of them not the one that was revoked.
 */
function decode(part: string, encoded: string): Buffer {
  const bytes = Buffer.from(encoded, 'base64url');
  if (!BASE64URL.test(encoded) || bytes.toString('base64url') !== encoded) {
    throw new TokenRefused('jwt_malformed', `the ${part} is not base64url`);
  }
  return bytes;
}

function readText(header: Record<string, unknown>, name: string): string | undefined {
  const value = header[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string') {
    throw new TokenRefused('jwt_malformed', `${name} in the header is not a string`);
  }
  return value;
}
