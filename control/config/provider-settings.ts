import { type Problems, shown } from './problems.ts';
import type { ProviderConfiguration } from './provider.ts';

const UNUSABLE = new URL('https://unusable.invalid/');

/** @returns the URL of a key set or an issuer, or a stand-in when there is something wrong with it */
export function readKeyUrl(
  setting: string,
  text: string,
  insecure: { readonly allowed: boolean; readonly setting: string },
  problems: Problems,
): URL {
  if (!URL.canParse(text)) {
    problems.add(
      setting,
      `${shown(text.replace(/\/\/[^/]*@/, '//'))} is not a URL; give one such as https://dex.example.com/keys`,
    );
    return UNUSABLE;
  }
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    problems.add(setting, `${shown(url.protocol)} is not a scheme for keys; use https://`);
  } else if (url.protocol === 'http:' && !insecure.allowed) {
    problems.add(
      setting,
      `http:// would let anyone on the way choose the keys; use https://, or set ${insecure.setting}=true`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    problems.add(setting, 'holds credentials before the @; leave them out, keys are public');
  }
  return url;
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
