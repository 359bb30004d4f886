import { type RefusalFormat, refusalBody } from '../decide/refusal-format.ts';
import type { KeyInput } from '../decide/route.ts';
import { catalogued, type ErrorCode } from '../errors.ts';

/**
 * What the filter answers where an input is longer than it may be.
 *
 * @param message instead of the code's own
 */
export function inputRefusal(code: ErrorCode, format: RefusalFormat, message?: string): KeyInput['refusal'] {
  const said = catalogued(code);
  return {
    status: said.status,
    body: refusalBody({ code, message: message ?? said.message, issuer: undefined }, format),
  };
}
