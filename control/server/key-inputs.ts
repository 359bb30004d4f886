import type { IncomingMessage } from 'node:http';
import { inputId, type KeyInput, type KeyInputs, type Route } from '../decide/route.ts';
import { trimBlanksOfText } from '../decide/trim-blanks.ts';
import { headerValues } from './raw-headers.ts';

/** Keeps key inputs apart from headers that proxies add on the way. */
const PREFIX = 'x-broker-key-';

/**
 * Takes a route's key inputs from a request that is the client's own. What Envoy has verified, claims and
 * certificates, never travels on one: whatever claims to be that came from the client.
 */
export function readCheckInputs(request: IncomingMessage, route: Route): KeyInputs {
  return readRequestInputs(route, { header: (name) => headerValues(request, name), claim: () => [], peer: () => [] });
}

/** Where a request's key inputs stand. */
export interface InputPlaces {
  /** The values of a header by its name in lower case, one for each time it came. */
  readonly header: (name: string) => readonly Buffer[];
  readonly claim: (input: KeyInput) => readonly Buffer[];
  readonly peer: () => readonly Buffer[];
}

/** Takes a route's key inputs from where they stand in the client's own request. */
export function readRequestInputs(route: Route, { header, claim, peer }: InputPlaces): KeyInputs {
  return collect(route, (input) => {
    if (input.source === 'claim') return claim(input);
    if (input.source === 'peer') return peer();
    return input.source === 'header' ? header(input.name) : namedValues(cookiesIn(header('cookie')), input.name);
  });
}

/** Takes a route's key inputs from the filter's request (docs/contract.md). */
export function readFilterInputs(request: IncomingMessage, route: Route): KeyInputs {
  return collect(route, ({ source, name }) =>
    source === 'header'
      ? headerValues(request, PREFIX + name)
      : namedValues(latin1(headerValues(request, `x-broker-${source}`)), name),
  );
}

/**
 * A request's cookies without some.
 *
 * @param fields the values of its `cookie` headers
 * @returns bytes as latin1 text; undefined when it has none of these; empty when it has no others
 */
export function keepCookies(fields: readonly Buffer[], strip: readonly string[]): string | undefined {
  const cookies = strip.length === 0 ? [] : cookiesIn(fields);
  const kept = cookies.filter((cookie) => !strip.some((name) => namedValue(cookie, name) !== undefined));
  return kept.length === cookies.length ? undefined : kept.join('; ');
}

function collect(route: Route, read: (input: KeyInput) => readonly Buffer[]): KeyInputs {
  const inputs = route.kind === 'decide' ? route.inputs : [];
  return new Map(inputs.map((input) => [inputId(input), read(input)]));
}

/**
 * RFC 6265 section 4.2.1, and HTTP/2's way of one field for each cookie (RFC 9113 section 8.2.3).
 *
 * @returns bytes as latin1 text: there may be tens of thousands, and a buffer for each would take a tenth of a second
 */
function cookiesIn(fields: readonly Buffer[]): readonly string[] {
  return fields
    .flatMap((value) => value.toString('latin1').split(';'))
    .map(trimBlanksOfText)
    .filter((pair) => pair !== '');
}

function latin1(fields: readonly Buffer[]): readonly string[] {
  return fields.map((field) => field.toString('latin1'));
}

/** The values of `<name>=<value>` fields, which are bytes as latin1 text. */
function namedValues(fields: readonly string[], name: string): readonly Buffer[] {
  return fields
    .map((field) => namedValue(field, name))
    .filter((value) => value !== undefined)
    .map((value) => Buffer.from(value, 'latin1'));
}

function namedValue(field: string, name: string): string | undefined {
  // A cookie without "=" is a name without a value.
  if (field === name) return '';
  return field.startsWith(name) && field[name.length] === '=' ? field.slice(name.length + 1) : undefined;
}
