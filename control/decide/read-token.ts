import { BrokerError, type ErrorCode } from '../errors.ts';
import { Secret } from '../secret.ts';
import { inputId, type KeyInputs, type TokenPlace } from './route.ts';
import { trimBlanks } from './trim-blanks.ts';

/** What a token that cannot be read is refused with. */
interface Codes {
  readonly malformed: ErrorCode;
  readonly tooLarge: ErrorCode;
}

const JWT_CODES: Codes = { malformed: 'jwt_malformed', tooLarge: 'jwt_too_large' };

/**
 * Takes the caller's token from the first place that has one.
 *
 * @returns undefined when there is none
 * @throws BrokerError: one of the codes
 */
export function readCallerToken(
  places: readonly TokenPlace[],
  inputs: KeyInputs,
  codes: Codes = JWT_CODES,
): Secret | undefined {
  for (const place of places) {
    const token = readPlace(place, inputs.get(inputId(place.input)) ?? [], codes);
    if (token !== undefined) return new Secret(token);
  }
  return undefined;
}

function readPlace(
  { input, prefix, prefixRequired }: TokenPlace,
  values: readonly Buffer[],
  codes: Codes,
): string | undefined {
  if (values.length > 1) {
    // Envoy, proxies and backends disagree on which of the two counts, so neither does.
    throw new BrokerError(codes.malformed, { cause: new Error(`${input.source} ${input.name} came more than once`) });
  }
  const [bytes] = values;
  if (bytes === undefined) return undefined;
  if (bytes.length > input.maximumBytes) {
    throw new BrokerError(codes.tooLarge, {
      cause: new Error(`${input.source} ${input.name} has ${bytes.length} bytes`),
    });
  }
  // RFC 9110 section 11.1: a scheme is compared without case.
  const prefixed = bytes.toString('latin1', 0, prefix.length).toLowerCase() === prefix.toLowerCase();
  if (!prefixed && prefixRequired) return undefined;
  return trimBlanks(prefixed ? bytes.subarray(prefix.length) : bytes).toString('latin1') || undefined;
}
