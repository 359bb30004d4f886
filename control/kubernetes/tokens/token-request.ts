import { isObjectName, type ObjectName } from '../../decide/object-name.ts';
import { Secret } from '../../secret.ts';
import type { Api, Failure } from '../cluster/api.ts';
import { badAnswer } from '../cluster/failure.ts';
import { record } from '../record.ts';

/** A token of a service account. */
export interface ServiceAccountToken {
  readonly kind: 'token';
  readonly token: Secret;
  /** Wall clock of the API server, ms. It may be earlier or later than what was asked for. */
  readonly expiresAt: number;
}

export interface TokenRequestOptions {
  /** Empty: the API server's own. */
  readonly audiences: readonly string[];
  /** Kubernetes gives no less than 600. */
  readonly expirationSeconds: number;
}

const MAXIMUM_ANSWER = 256 * 1024;
const MAXIMUM_TOKEN = 64 * 1024;

/**
 * Asks an API server for a token of a service account (`authentication.k8s.io/v1` TokenRequest).
 *
 * A failure is `notFound` when there is no such account, `forbidden` when we may not have its token, `unprocessable` when
 * the API server does not take the names, the audiences or the expiration.
 */
export async function requestToken(
  api: Api,
  account: ObjectName,
  { audiences, expirationSeconds }: TokenRequestOptions,
): Promise<ServiceAccountToken | Failure> {
  // Such a name would be another path.
  if (!isObjectName(account)) {
    return { kind: 'failed', reason: 'unprocessable', message: 'no service account can have such a name' };
  }
  const answer = await api.call({
    method: 'POST',
    path: `/api/v1/namespaces/${account.namespace}/serviceaccounts/${account.name}/token`,
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds, ...(audiences.length > 0 && { audiences }) },
    },
    maximumBytes: MAXIMUM_ANSWER,
  });
  return answer.kind === 'failed' ? answer : readTokenRequest(answer.value);
}

function readTokenRequest(value: unknown): ServiceAccountToken | Failure {
  const status = record(record(value).status);
  const { token, expirationTimestamp } = status;
  if (typeof token !== 'string' || token.length > MAXIMUM_TOKEN || !/^[\x21-\x7e]+$/.test(token)) {
    return badAnswer('the TokenRequest holds no token');
  }
  const expiresAt = typeof expirationTimestamp === 'string' ? Date.parse(expirationTimestamp) : Number.NaN;
  if (Number.isNaN(expiresAt)) return badAnswer('the TokenRequest does not say when its token expires');
  return { kind: 'token', token: new Secret(token), expiresAt };
}
