import { BrokerError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { type ClientCredentials, inputId, type KeyInputs, type Source } from './route.ts';
import { trimBlanks } from './trim-blanks.ts';

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: Secret | undefined;
  readonly scope: string | undefined;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const CONTROL_CHARACTER = /[\x00-\x1f\x7f]/;

/**
 * Takes the client's credentials from the key inputs and the operator's own values. The checks, their order and their
 * texts are those of DexTokenBroker 0.9.1, which looks at lengths before characters; the id and the scope are trimmed,
 * the secret is not.
 *
 * @throws BrokerError: missing_credentials or invalid_input
 */
export function readCredentials(action: ClientCredentials, inputs: KeyInputs): Credentials {
  const clientId = readValue(action.clientId, inputs, trimBlanks);
  const clientSecret = readValue(action.clientSecret, inputs);
  const scope = readValue(action.scope, inputs, trimBlanks);
  if (!clientId.present || (action.clientSecret !== undefined && !clientSecret.present)) {
    throw new BrokerError('missing_credentials');
  }
  for (const value of [clientId, clientSecret, scope]) {
    if (value.tooLong !== undefined) {
      throw new BrokerError('invalid_input', { message: value.tooLong });
    }
  }
  for (const value of [clientId, clientSecret, scope]) {
    if (value.text === undefined) {
      throw new BrokerError('invalid_input', { message: 'header contains invalid characters' });
    }
  }
  return {
    clientId: clientId.text ?? '',
    clientSecret: clientSecret.present ? new Secret(clientSecret.text ?? '') : undefined,
    scope: scope.present ? scope.text : undefined,
  };
}

interface Value {
  readonly present: boolean;
  /** The refusal, when the value is longer than its input allows. */
  readonly tooLong: string | undefined;
  /** Undefined when the bytes are not UTF-8 or hold control characters. */
  readonly text: string | undefined;
}

const ABSENT: Value = { present: false, tooLong: undefined, text: '' };

function readValue(source: Source | undefined, inputs: KeyInputs, clean = (bytes: Buffer) => bytes): Value {
  if (source === undefined) {
    return ABSENT;
  }
  if (source.from === 'static') {
    return { present: true, tooLong: undefined, text: source.value.reveal() };
  }
  const { maximumBytes, refusal } = source.input;
  const values = inputs.get(inputId(source.input)) ?? [];
  if (values.length > 1) {
    // Envoy, proxies and issuers disagree on which of the two counts, so neither does.
    throw new BrokerError('invalid_input', { message: 'header sent more than once' });
  }
  const bytes = clean(values[0] ?? Buffer.alloc(0));
  if (bytes.length === 0) {
    return ABSENT;
  }
  return {
    present: true,
    tooLong: bytes.length > maximumBytes ? refusal.body.trimEnd() : undefined,
    text: decode(bytes),
  };
}

function decode(bytes: Buffer): string | undefined {
  try {
    const text = UTF_8.decode(bytes);
    return CONTROL_CHARACTER.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
