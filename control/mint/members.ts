import { BrokerError, type IssuerEvidence } from '../errors.ts';

/** A JSON number as it was written: a double would lose digits of a large one. */
export class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A token response that is not what RFC 6749 section 5.1 describes; `evidence` says why and quotes nothing of it. */
export function invalidResponse(evidence: string, fault: IssuerEvidence['fault'] = 'malformed'): BrokerError {
  const cause = new Error(`token response: ${evidence}`);
  return new BrokerError('invalid_token_response', { cause, issuer: { status: 200, fault } });
}

/**
 * Parses a JSON object and gives its members by name, numbers as {@link NumberText}.
 *
 * @throws BrokerError invalid_token_response
 */
export function parseMembers(body: Uint8Array): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    value = JSON.parse(text, keepNumberText as (key: string, value: unknown) => unknown);
  } catch {
    // The parser's own message would quote the body.
    throw invalidResponse('not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof NumberText) {
    throw invalidResponse('not a JSON object');
  }
  return new Map(Object.entries(value));
}

/** TypeScript's ES2024 library does not know the third argument of a reviver yet. */
function keepNumberText(_key: string, value: unknown, context: { readonly source: string }): unknown {
  return typeof value === 'number' ? new NumberText(context.source) : value;
}
