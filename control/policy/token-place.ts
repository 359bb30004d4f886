import type { TokenPlaceConfiguration } from '../config/authenticate.ts';
import type { KeyInput, TokenPlace } from '../decide/route.ts';
import type { HeaderNames } from './header-names.ts';

/** Bytes of a subject or an actor token. */
const MAXIMUM_TOKEN = 16 * 1024;

/** @param use the field of the entry that names the place */
export function compileTokenPlace(
  use: string,
  place: TokenPlaceConfiguration,
  refusal: KeyInput['refusal'],
  names: HeaderNames,
): TokenPlace {
  if (place.from === 'cookie') {
    const input = { source: 'cookie', name: place.cookie, maximumBytes: MAXIMUM_TOKEN, refusal } as const;
    return { input, prefix: '', prefixRequired: false };
  }
  const name = names.one(use, place.header);
  const maximumBytes = MAXIMUM_TOKEN + place.prefix.length;
  const input = { source: 'header', name, maximumBytes, refusal } as const;
  return { input, prefix: place.prefix, prefixRequired: place.prefixRequired };
}

/** RFC 6750 section 2.1. */
export const BEARER: TokenPlaceConfiguration = {
  from: 'header',
  header: 'authorization',
  prefix: 'Bearer ',
  prefixRequired: true,
};
