import { BrokerError, type ErrorCode } from '../../control/errors.ts';
import type { Answer as IssuerAnswer } from '../control/boot.ts';
import type { Situation } from './case.ts';

/**
 * How the issuer answers in a situation.
 *
 * @throws Error where it must not be asked
 */
export function issuerAnswer({ issuer }: Situation): IssuerAnswer {
  if (issuer === undefined) {
    throw new Error('the issuer must not be asked');
  }
  if (!isRefusal(issuer)) {
    return issuer;
  }
  const { refusal, retryAfter } = issuer;
  return new BrokerError(refusal as ErrorCode, retryAfter === undefined ? {} : { retryAfter });
}

function isRefusal(issuer: object): issuer is { readonly refusal: string; readonly retryAfter?: number } {
  return 'refusal' in issuer;
}
