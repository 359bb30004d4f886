import type { KeyInput, Route } from '../../decide/route.ts';
import type { CheckedRequest } from '../checked-request.ts';
import { readRequestInputs } from '../key-inputs.ts';
import type { CheckRequest, Header, HttpRequest, Struct } from './messages.ts';

/** Where Envoy's `jwt_authn` leaves what it verified. A client cannot write there, as it can write headers. */
const JWT_AUTHN = 'envoy.filters.http.jwt_authn';

/** Stands for a claim that is there and no text that a rule could hold of: as little as one that came twice. */
const NO_TEXT = [Buffer.alloc(0), Buffer.alloc(0)] as const;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const CONTROL_CHARACTER = /[\x00-\x1f\x7f]/;

/** A request for a decision; the client's own request is in it. */
export interface ReadRequest extends CheckedRequest {
  /** The values of a header by its name in lower case, one for each time it came as far as Envoy tells. */
  readonly header: (name: string) => readonly Buffer[];
}

/** @returns undefined when it holds no HTTP request: Envoy's network filter asks about connections */
export function readCheckRequest({ attributes }: CheckRequest): ReadRequest | undefined {
  const http = attributes?.request?.http;
  if (http === undefined) return undefined;
  const header = headersOf(http);
  const principal = principalOf(attributes?.source?.principal);
  const claims = attributes?.metadata_context?.filter_metadata?.find(({ key }) => key === JWT_AUTHN)?.value;
  /** Envoy replaces what is no UTF-8 in the attributes; the raw headers have what the backend will see. */
  const own = (name: string, attribute: Buffer | undefined) =>
    ((http.header_map && header(name)[0]) ?? attribute ?? Buffer.alloc(0)).toString('latin1');
  return {
    host: own(':authority', http.host),
    path: own(':path', http.path),
    method: own(':method', http.method),
    header,
    hasHeader: (name) => header(name).length > 0,
    readInputs: (route: Route) =>
      readRequestInputs(route, { header, claim: (input: KeyInput) => readClaim(claims, input), peer: () => principal }),
  };
}

/**
 * Envoy gives the first URI among the alternative names of the client's certificate; where it has none, a DNS name or the
 * subject, which no SPIFFE ID equals.
 */
function principalOf(principal: Buffer | undefined): readonly Buffer[] {
  return principal === undefined || principal.length === 0 ? [] : [principal];
}

/**
 * With `encode_raw_headers` a header comes as often as the client sent it. Without, Envoy joins what came twice with a
 * comma, which no longer tells it from one value with a comma in it.
 */
function headersOf({ header_map, headers = [] }: HttpRequest): (name: string) => readonly Buffer[] {
  const all: readonly Header[] = header_map?.headers ?? headers;
  return (name) =>
    all
      .filter(({ key = '' }) => key.toLowerCase() === name)
      .map(({ raw_value: raw, value }) => (raw?.length ? raw : (value ?? Buffer.alloc(0))));
}

/** The path is the segments of the metadata, joined by dots, such as `jwt.sub` (docs/contract.md). */
function readClaim(claims: Struct | undefined, { name, maximumBytes }: KeyInput): readonly Buffer[] {
  const path = name.split('.');
  const last = path.pop();
  const parent = path.reduce<Struct | undefined>((struct, key) => memberOf(struct, key)?.struct_value, claims);
  const value = memberOf(parent, last);
  if (value === undefined) return [];
  const text = value.string_value;
  const usable = text !== undefined && Buffer.byteLength(text) <= maximumBytes && !CONTROL_CHARACTER.test(text);
  return usable ? [Buffer.from(text)] : NO_TEXT;
}

function memberOf(struct: Struct | undefined, name: string | undefined) {
  const member = struct?.fields?.find(({ key = '' }) => key === name);
  return member && (member.value ?? {});
}
