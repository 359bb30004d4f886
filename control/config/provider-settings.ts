import { type EndpointKind, readEndpointUrl } from './endpoint-url.ts';
import type { Problems } from './problems.ts';
import type { ProviderConfiguration } from './provider.ts';

const KEYS: EndpointKind = {
  example: 'https://dex.example.com/keys',
  what: 'keys',
  danger: 'let anyone on the way choose the keys',
  noCredentials: 'keys are public',
};

/** @returns the URL of a key set or an issuer, or a stand-in when there is something wrong with it */
export function readKeyUrl(
  setting: string,
  text: string,
  insecure: { readonly allowed: boolean; readonly setting: string },
  problems: Problems,
): URL {
  return readEndpointUrl(setting, text, insecure, problems, KEYS);
}

/** What is allowed and yet lets in more callers than people think of. */
export function providerWarnings(providers: Iterable<ProviderConfiguration>): string[] {
  return [...providers].flatMap(({ name, issuers, audiences }) => [
    ...(issuers.length > 0
      ? []
      : [`provider ${name} accepts tokens of any issuer that its keys signed; name its issuer`]),
    ...(audiences.length > 0
      ? []
      : [
          `provider ${name} accepts tokens that are meant for any other service; name your audience (RFC 9700 section 2.3)`,
        ]),
  ]);
}
