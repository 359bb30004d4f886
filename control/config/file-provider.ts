import type { Problems } from './problems.ts';
import type { KeySource, ProviderConfiguration, RemoteKeys, RequiredClaim } from './provider.ts';
import type { KeySetDocument, ProviderDocument, RequiredClaimDocument } from './provider-document.ts';
import { readKeyUrl } from './provider-settings.ts';
import type { Files } from './read-files.ts';

const HOUR = 3_600_000;
const MONTH = 30 * 24 * HOUR;

interface Context {
  readonly duration: (setting: string, text: string, minimum: number, maximum: number) => number;
  readonly files: Files;
  readonly problems: Problems;
}

/** One member of `providers`. */
export function readProviderDocument(
  name: string,
  document: ProviderDocument,
  context: Context,
): ProviderConfiguration {
  const setting = `providers.${name}`;
  const { issuer, jwks } = document;
  const named = typeof issuer === 'string' ? [issuer] : issuer;
  return {
    name,
    // Whoever is asked where the keys are is whose tokens they verify.
    issuers: named.length === 0 && jwks.discovery !== undefined ? [jwks.discovery] : named,
    audiences: document.audiences,
    algorithms: document.algorithms,
    keys: readKeys(`${setting}.jwks`, jwks, context),
    clockSkew: context.duration(`${setting}.clockSkew`, document.clockSkew, 0, HOUR),
    checkIssuedAt: true,
    type: document.type,
    requiredClaims: document.requiredClaims.map(readRequiredClaim),
    maximumBytes: document.maximumBytes,
  };
}

/** The schema lets exactly one rule through. */
export function readRequiredClaim(document: RequiredClaimDocument): RequiredClaim {
  const { claim, equals, oneOf, contains } = document;
  if (equals !== undefined) return { claim, rule: 'equals', value: equals };
  if (oneOf !== undefined) return { claim, rule: 'oneOf', values: oneOf };
  if (contains !== undefined) return { claim, rule: 'contains', value: contains };
  return { claim, rule: 'present' };
}

function readKeys(setting: string, jwks: KeySetDocument, context: Context): KeySource {
  const { url, discovery, file, inline, fallbackFile } = jwks;
  const sources = Object.entries({ url, discovery, file, inline }).filter(([, value]) => value !== undefined);
  if (sources.length !== 1) {
    context.problems.add(setting, 'needs exactly one of url, discovery, file and inline');
  }
  const remote = url ?? discovery;
  if (remote === undefined && fallbackFile !== undefined) {
    context.problems.add(`${setting}.fallbackFile`, 'is only used with url and discovery; remove it');
  }
  const path = file ?? fallbackFile;
  const text = (from: string) =>
    context.files.secret(`${setting}.${file === undefined ? 'fallbackFile' : 'file'}`, from);
  return {
    local: inline === undefined ? path && text(path)?.reveal() : JSON.stringify(inline),
    remote:
      remote === undefined
        ? undefined
        : readRemote(setting, url === undefined ? 'discovery' : 'url', remote, jwks, context),
  };
}

function readRemote(
  setting: string,
  kind: 'url' | 'discovery',
  text: string,
  { caFile, cacheDuration, ...jwks }: KeySetDocument,
  { duration, files, problems }: Context,
): RemoteKeys {
  const insecure = { allowed: jwks.allowInsecure, setting: `${setting}.allowInsecure` };
  const minimum = duration(`${setting}.cacheDuration.minimum`, cacheDuration.minimum, 1000, MONTH);
  const maximum = duration(`${setting}.cacheDuration.maximum`, cacheDuration.maximum, minimum, MONTH);
  return {
    location: { kind, url: readKeyUrl(`${setting}.${kind}`, text, insecure, problems) },
    allowInsecure: jwks.allowInsecure,
    caFile: caFile && files.certificates(`${setting}.caFile`, caFile),
    timeout: duration(`${setting}.timeout`, jwks.timeout, 100, 60_000),
    prefetch: jwks.prefetch,
    freshness: {
      minimum,
      maximum,
      default: duration(`${setting}.cacheDuration.default`, cacheDuration.default, minimum, maximum),
    },
    cooldown: duration(`${setting}.cooldown`, jwks.cooldown, 1000, 24 * HOUR),
    hardLimit: duration(`${setting}.hardLimit`, jwks.hardLimit, maximum, MONTH),
  };
}
