import { BrokerError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { inputId, type KeyInputs, type TokenPlace } from './route.ts';

/**
 * Takes the caller's token from the first place that has one.
 *
 * @returns undefined when there is none
 * @throws BrokerError: jwt_malformed, jwt_too_large
 */
export function readCallerToken(places: readonly TokenPlace[], inputs: KeyInputs): Secret | undefined {
  for (const place of places) {
    const token = readPlace(place, inputs.get(inputId(place.input)) ?? []);
    if (token !== undefined) return new Secret(token);
  }
  return undefined;
}

function readPlace({ input, prefix, prefixRequired }: TokenPlace, values: readonly Buffer[]): string | undefined {
  if (values.length > 1) {
    // Envoy, proxies and backends disagree on which of the two counts, so neither does.
    throw new BrokerError('jwt_malformed', { cause: new Error(`${input.source} ${input.name} came more than once`) });
  }
  const [bytes] = values;
  if (bytes === undefined) return undefined;
  if (bytes.length > input.maximumBytes) {
    throw new BrokerError('jwt_too_large', {
      cause: new Error(`${input.source} ${input.name} has ${bytes.length} bytes`),
    });
  }
  // RFC 9110 section 11.1: a scheme is compared without case.
  const text = bytes.toString('latin1');
  const prefixed = text.slice(0, prefix.length).toLowerCase() === prefix.toLowerCase();
  if (!prefixed && prefixRequired) return undefined;
  // Blanks and tabs only: other spelt-out white space would give one token several names.
  return (prefixed ? text.slice(prefix.length) : text).replace(/^[ \t]+|[ \t]+$/g, '') || undefined;
}
