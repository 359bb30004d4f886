import type { IncomingMessage } from 'node:http';
import { inputId, type KeyInput, type KeyInputs, type Route } from '../decide/route.ts';
import { headerValues } from './raw-headers.ts';

/** Keeps key inputs apart from headers that proxies add on the way. */
const PREFIX = 'x-broker-key-';

/**
 * Takes a route's key inputs from a request that is the client's own. What Envoy's `jwt_authn` verified never travels on
 * one: whatever claims to be that came from the client.
 */
export function readCheckInputs(request: IncomingMessage, route: Route): KeyInputs {
  return collect(route, ({ source, name }) => {
    if (source === 'claim') return [];
    return source === 'header' ? headerValues(request, name) : namedValues(cookiesOf(request), name);
  });
}

/** Takes a route's key inputs from the filter's request (docs/contract.md). */
export function readFilterInputs(request: IncomingMessage, route: Route): KeyInputs {
  return collect(route, ({ source, name }) =>
    source === 'header'
      ? headerValues(request, PREFIX + name)
      : namedValues(headerValues(request, source === 'cookie' ? 'x-broker-cookie' : 'x-broker-claim'), name),
  );
}

/**
 * The request's cookies without some.
 *
 * @returns undefined when it has none of these; empty when it has no others
 */
export function keepCookies(request: IncomingMessage, strip: readonly string[]): string | undefined {
  const cookies = strip.length === 0 ? [] : cookiesOf(request);
  const kept = cookies.filter((cookie) => !strip.some((name) => namedValue(cookie, name) !== undefined));
  return kept.length === cookies.length ? undefined : kept.map((cookie) => cookie.toString('latin1')).join('; ');
}

function collect(route: Route, read: (input: KeyInput) => readonly Buffer[]): KeyInputs {
  const inputs = route.kind === 'decide' ? route.inputs : [];
  return new Map(inputs.map((input) => [inputId(input), read(input)]));
}

/** RFC 6265 section 4.2.1, and HTTP/2's way of one field for each cookie (RFC 9113 section 8.2.3). */
function cookiesOf(request: IncomingMessage): readonly Buffer[] {
  return headerValues(request, 'cookie')
    .flatMap((value) => value.toString('latin1').split(';'))
    .map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((pair) => pair !== '')
    .map((pair) => Buffer.from(pair, 'latin1'));
}

/** The values of `<name>=<value>` fields. */
function namedValues(fields: readonly Buffer[], name: string): readonly Buffer[] {
  return fields.map((field) => namedValue(field, name)).filter((value) => value !== undefined);
}

function namedValue(field: Buffer, name: string): Buffer | undefined {
  // A cookie without "=" is a name without a value.
  if (field.equals(Buffer.from(name, 'latin1'))) return Buffer.alloc(0);
  const head = Buffer.from(`${name}=`, 'latin1');
  return field.subarray(0, head.length).equals(head) ? field.subarray(head.length) : undefined;
}
