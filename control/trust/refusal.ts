import { BrokerError, type ErrorCode } from '../errors.ts';

/** Why a token is refused: the catalogue's own codes, which logs and metrics keep from one release to the next. */
export type RefusalCode = Extract<ErrorCode, `jwt_${string}`>;

/** Characters of a value that a token carries, as a log line may show it. */
const MAXIMUM_SHOWN = 100;

/** A token is refused. It never leaves this room: the port gives a BrokerError. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly code: RefusalCode;
  /** ms for which this stays true; undefined: the token will never be accepted. */
  readonly trueFor: number | undefined;

  /** @param detail for the operator; never for the caller */
  constructor(code: RefusalCode, detail: string, trueFor?: number) {
    super(detail);
    this.code = code;
    this.trueFor = trueFor;
  }

  /** @param provider whose refusal it is */
  toBrokerError(provider: string): BrokerError {
    const cause = new Error(`provider ${provider}: ${this.message}`);
    if (this.code !== 'jwt_keys_unavailable') return new BrokerError(this.code, { cause });
    return new BrokerError(this.code, { cause, retryAfter: Math.max(1, Math.ceil((this.trueFor ?? 0) / 1000)) });
  }
}

/** A value from a token, for a log line: short, on one line and unmistakably quoted. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MAXIMUM_SHOWN ? `${text.slice(0, MAXIMUM_SHOWN)}…` : text;
}
