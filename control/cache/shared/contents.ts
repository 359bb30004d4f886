import { ageOf, type HeldToken } from '../../decide/held-token.ts';
import type { Refusal } from '../../decide/obtain-token.ts';
import type { Clock } from '../../decide/ports.ts';
import { catalogued, type ErrorCode, type IssuerEvidence } from '../../errors.ts';
import { Secret } from '../../secret.ts';

/** A token as replicas hand it to each other, or that there is none any more. */
export type SharedToken = { readonly version: number; readonly held: HeldToken | undefined };

/** When something was read, and what the server said of it. */
export interface Receipt {
  /** Monotonic clock, ms: when it was asked for. */
  readonly askedAt: number;
  /** ms for which the server kept it from some moment after that on. */
  readonly remaining: number;
}

/** The member that is in the token itself already. */
const ACCESS_TOKEN = 'access_token';

/** Monotonic times mean nothing to another process; they travel as times of the wall clock. */
export function encodeToken({ version, held }: SharedToken, clock: Clock): Buffer {
  if (held === undefined) return encode({ version });
  const { token, usable, dueAt, renewalTriedAt } = held;
  const accessToken = token.accessToken.reveal();
  const fields = [...token.fields].map(([name, value]) => [name, value.reveal()]);
  return encode({
    version,
    accessToken,
    obtainedAt: token.obtainedAt,
    lifetime: token.lifetime,
    // A token that has aged faster by the monotonic clock must not grow younger on its way.
    usable: usable - Math.max(0, ageOf(held, clock) - (clock.now() - token.obtainedAt)),
    dueAt: Number.isFinite(dueAt) ? dueAt : null,
    triedAt: renewalTriedAt === undefined ? null : clock.now() - (clock.monotonic() - renewalTriedAt),
    fields: fields.filter(([name, value]) => name !== ACCESS_TOKEN || value !== accessToken),
    repeated: token.fields.get(ACCESS_TOKEN)?.reveal() === accessToken,
  });
}

/**
 * Clocks of replicas may differ: a token is as old as the wall clock or the server says, whichever is more.
 *
 * @returns undefined for what is no token
 */
export function decodeToken(bytes: Buffer, { askedAt, remaining }: Receipt, clock: Clock): SharedToken | undefined {
  const content = decode(bytes);
  const { version, accessToken, obtainedAt, lifetime, usable, dueAt, triedAt, fields, repeated } = content;
  if (!isNumber(version)) return undefined;
  if (accessToken === undefined) return { version, held: undefined };
  const numbers = isNumber(obtainedAt) && isNumber(lifetime) && isNumber(usable) && (dueAt === null || isNumber(dueAt));
  if (!numbers || typeof accessToken !== 'string' || !Array.isArray(fields) || !fields.every(Array.isArray)) {
    return undefined;
  }
  const secret = new Secret(accessToken);
  const members = new Map<string, Secret>(fields.map(([name, value]) => [String(name), new Secret(String(value))]));
  if (repeated === true) members.set(ACCESS_TOKEN, secret);
  const age = Math.max(0, clock.now() - obtainedAt - (clock.monotonic() - askedAt), usable - remaining);
  return {
    version,
    held: {
      token: { accessToken: secret, digest: secret.digest(), obtainedAt, lifetime, fields: members },
      usable,
      dueAt: dueAt ?? Number.POSITIVE_INFINITY,
      obtainedAtMonotonic: askedAt - age,
      renewalTriedAt: isNumber(triedAt) ? clock.monotonic() - Math.max(0, clock.now() - triedAt) : undefined,
    },
  };
}

/** A refusal, or a failure: both are a code and what the issuer said. */
export function encodeRefusal({ code, issuer }: Pick<Refusal, 'code' | 'issuer'>): Buffer {
  return encode({ code, issuer });
}

/** @returns undefined for what is none */
export function decodeRefusal(bytes: Buffer, { askedAt, remaining }: Receipt, clock: Clock): Refusal | undefined {
  const { code, issuer } = decode(bytes);
  if (typeof code !== 'string' || catalogued(code as ErrorCode) === undefined) return undefined;
  const left = remaining - (clock.monotonic() - askedAt);
  return {
    code: code as ErrorCode,
    issuer: issuer as IssuerEvidence | undefined,
    until: clock.now() + left,
    untilMonotonic: clock.monotonic() + left,
  };
}

function encode(content: object): Buffer {
  return Buffer.from(JSON.stringify(content), 'utf8');
}

/** Whoever wrote it has our keys, but may be of another version. */
// biome-ignore lint/suspicious/noExplicitAny: every member is checked by whoever reads it
function decode(bytes: Buffer): any {
  try {
    const content: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof content === 'object' && content !== null ? content : {};
  } catch {
    return {};
  }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
