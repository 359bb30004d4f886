import { headerNameProblem } from './header-name.ts';
import { type Problems, shown } from './problems.ts';

/** A member of the token response, and the request header that gets its value. */
export interface TokenHeader {
  readonly field: string;
  /** Lower case. */
  readonly header: string;
}

/** Reads DexTokenBroker's `json_field:header` list; without `:header` the field's own name is the header's. */
export function readTokenHeaders(setting: string, text: string, problems: Problems): TokenHeader[] {
  const parts = text.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '').flatMap((part) => readPair(setting, part, problems));
}

function readPair(setting: string, part: string, problems: Problems): TokenHeader[] {
  const colon = part.indexOf(':');
  const field = (colon < 0 ? part : part.slice(0, colon)).trim();
  const header = colon < 0 ? field : part.slice(colon + 1).trim();
  if (field === '' || header === '') {
    problems.add(setting, `${shown(part)} lacks a field or a header; write json_field:header`);
    return [];
  }
  const problem = headerNameProblem(header);
  if (problem !== undefined) {
    problems.add(setting, `the header ${shown(header)} ${problem}; choose another header`);
    return [];
  }
  return [{ field, header: header.toLowerCase() }];
}
