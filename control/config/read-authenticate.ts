import { type AuthenticateConfiguration, DEFAULT_DECISION_AGE, type TokenPlaceConfiguration } from './authenticate.ts';
import type { EntryContext } from './entry-context.ts';
import { readRequiredClaim } from './file-provider.ts';
import type { AuthenticateDocument, TokenPlaceDocument } from './provider-document.ts';

const DAY = 86_400_000;

/** RFC 6750 section 2.1, where nothing else is said. */
const BEARER: TokenPlaceDocument = { header: 'authorization', prefix: 'Bearer ' };

/** The member `authenticate` of an entry. */
export function readAuthenticateDocument(
  document: AuthenticateDocument,
  context: EntryContext,
): AuthenticateConfiguration {
  const { providers = [], afterwards = 'strip', allowMissing, allowMissingOrFailed, maximumDecisionAge } = document;
  const from = document.from ?? (providers.length === 0 ? [] : [BEARER]);
  const refuse = (message: string) => context.problem('authenticate', message);
  if (allowMissing === true && allowMissingOrFailed === true) {
    refuse('has both allowMissing and allowMissingOrFailed; the latter holds the former, so remove that');
  }
  if (providers.length === 0 && needsToken(document)) {
    refuse('reads a token that nobody checks; name providers, or remove what is about the token');
  }
  return {
    providers,
    from: from.map(readPlace),
    afterwards:
      typeof afterwards === 'string' ? { kind: afterwards } : { kind: 'forwardAs', header: afterwards.forwardAs },
    unauthenticated:
      allowMissingOrFailed === true ? 'allowMissingOrFailed' : allowMissing === true ? 'allowMissing' : 'refuse',
    requiredScopes: document.requiredScopes ?? [],
    claimToHeaders: (document.claimToHeaders ?? []).map((each) => ({ format: 'plain', ...each })),
    forwardPayloadHeader: document.forwardPayloadHeader,
    claimToFilterState: (document.claimToFilterState ?? []).map((each) => ({ format: 'plain', ...each })),
    payloadToFilterState: document.payloadToFilterState,
    workloads: document.workloads ?? [],
    envoyClaims: (document.envoyClaims ?? []).map(readRequiredClaim),
    maximumDecisionAge:
      maximumDecisionAge === undefined
        ? DEFAULT_DECISION_AGE
        : context.duration('authenticate.maximumDecisionAge', maximumDecisionAge, 1000, DAY),
  };
}

function needsToken(document: AuthenticateDocument): boolean {
  const { from, afterwards, requiredScopes, claimToHeaders, claimToFilterState } = document;
  const { forwardPayloadHeader, payloadToFilterState } = document;
  const about = [from, afterwards, requiredScopes, claimToHeaders, claimToFilterState];
  return [...about, forwardPayloadHeader, payloadToFilterState].some((each) => each !== undefined);
}

/** A place in a request where a token may stand. */
export function readPlace({ header, prefix = '', cookie }: TokenPlaceDocument): TokenPlaceConfiguration {
  return cookie === undefined
    ? { from: 'header', header: header ?? '', prefix, prefixRequired: prefix !== '' }
    : { from: 'cookie', cookie };
}
