import type { ProviderConfiguration } from '../config/provider.ts';
import type { ParsedToken } from './parse-token.ts';
import { shown, TokenRefused } from './refusal.ts';

type Claims = ParsedToken['claims'];

/**
 * RFC 7519 section 4.1: times, issuer and audience.
 *
 * @param now wall clock, ms
 * @returns wall clock, ms: `exp`
 * @throws TokenRefused: jwt_no_expiry, jwt_malformed, jwt_expired, jwt_not_yet_valid, jwt_issued_in_future,
 * jwt_wrong_issuer, jwt_wrong_audience
 */
export function checkRegisteredClaims(claims: Claims, provider: ProviderConfiguration, now: number): number {
  const expiresAt = checkTimes(claims, provider, now);
  checkIssuer(claims, provider.issuers);
  checkAudience(claims, provider.audiences);
  return expiresAt;
}

/** @throws TokenRefused: jwt_wrong_issuer, jwt_malformed */
export function checkIssuer({ iss }: Claims, issuers: readonly string[]): void {
  if (iss !== undefined && iss !== null && typeof iss !== 'string') {
    throw new TokenRefused('jwt_malformed', 'iss is not a string');
  }
  if (issuers.length > 0 && !issuers.includes(iss ?? '')) {
    throw new TokenRefused('jwt_wrong_issuer', `iss is ${shown(iss)}, and not one of ${shown(issuers)}`);
  }
}

function checkTimes(claims: Claims, { clockSkew, checkIssuedAt }: ProviderConfiguration, now: number): number {
  const exp = readTime(claims, 'exp');
  const nbf = readTime(claims, 'nbf');
  if (exp === undefined) throw new TokenRefused('jwt_no_expiry', 'there is no exp');
  if (now >= exp + clockSkew) throw new TokenRefused('jwt_expired', `exp was ${Math.round((now - exp) / 1000)} s ago`);
  if (nbf !== undefined && now < nbf - clockSkew) {
    throw new TokenRefused('jwt_not_yet_valid', `nbf is in ${ahead(nbf, now)} s`, nbf - clockSkew - now);
  }
  const iat = checkIssuedAt ? readTime(claims, 'iat') : undefined;
  // Its issuer's clock is wrong, or somebody has written a token to be used later.
  if (iat !== undefined && now < iat - clockSkew) {
    throw new TokenRefused('jwt_issued_in_future', `iat is in ${ahead(iat, now)} s`, iat - clockSkew - now);
  }
  return exp;
}

/** RFC 7519 section 2, NumericDate; a fraction of a second is cut off. @returns ms */
function readTime(claims: Claims, name: 'exp' | 'nbf' | 'iat'): number | undefined {
  const value = claims[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw new TokenRefused('jwt_malformed', `${name} is not a time in seconds`);
  }
  return Math.trunc(value) * 1000;
}

function ahead(time: number, now: number): number {
  return Math.ceil((time - now) / 1000);
}

function checkAudience({ aud }: Claims, audiences: readonly string[]): void {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : aud === undefined || aud === null ? [] : [aud];
  if (!named.every((audience) => typeof audience === 'string')) {
    throw new TokenRefused('jwt_malformed', 'aud is not a string or an array of strings');
  }
  if (audiences.length > 0 && !named.some((audience) => audiences.includes(audience))) {
    throw new TokenRefused('jwt_wrong_audience', `aud is ${shown(aud)}, and holds none of ${shown(audiences)}`);
  }
}
