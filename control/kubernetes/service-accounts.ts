import { createHash } from 'node:crypto';
import type { ClusterConfiguration } from '../config/cluster.ts';
import type { Clock, ReviewedUser, ServiceAccounts, ServiceAccountTokenRequest, Token } from '../decide/ports.ts';
import { readUnverifiedClaims } from '../decide/revocation.ts';
import { NO_TRACING, type Tracing } from '../decide/tracing.ts';
import { BrokerError, type ErrorCode } from '../errors.ts';
import type { Secret } from '../secret.ts';
import type { Api, Failure } from './cluster/api.ts';
import { requestToken, type ServiceAccountToken } from './tokens/token-request.ts';
import { reviewToken } from './tokens/token-review.ts';

/** What is told for metrics; nothing in it is secret. */
export interface ServiceAccountsObserver {
  /** A cluster has said whether a token is good, or could not. */
  judged?(cluster: string, outcome: 'accepted' | ErrorCode): void;
  /** A cluster was asked for a token, and gave one or a refusal after `duration` ms. */
  minted?(cluster: string, outcome: 'token' | ErrorCode, duration: number): void;
}

export interface ServiceAccountsOptions {
  readonly clusters: ReadonlyMap<string, ClusterConfiguration>;
  readonly open: (cluster: ClusterConfiguration) => Api;
  readonly clock: Clock;
  readonly observer?: ServiceAccountsObserver;
  readonly tracing?: Pick<Tracing, 'clusterRequest'>;
}

/** Seconds that a cluster may ask for at most before it is asked again. */
const MAXIMUM_RETRY_AFTER = 60;

/** Clusters behind decide's port: failures become refusals, whose evidence names the cluster and nothing of a token. */
export function createServiceAccounts(options: ServiceAccountsOptions): ServiceAccounts {
  const { clusters, open, clock, observer, tracing = NO_TRACING } = options;
  const apiOf = (name: string): Api => {
    const cluster = clusters.get(name);
    if (cluster === undefined) throw new BrokerError('internal', { cause: new Error(`no cluster ${name}`) });
    return open(cluster);
  };

  async function review(cluster: string, token: Secret, audiences: readonly string[]): Promise<ReviewedUser> {
    const reviewed = await reviewToken(apiOf(cluster), token, audiences);
    switch (reviewed.kind) {
      case 'failed':
        throw refusal(cluster, reviewed);
      case 'unauthenticated':
        throw new BrokerError('subject_token_rejected', {
          cause: new Error(`cluster ${cluster}: ${reviewed.message}`),
        });
      case 'authenticated':
        return { account: reviewed.serviceAccount, uid: reviewed.uid };
    }
  }

  async function mint(request: ServiceAccountTokenRequest): Promise<Token> {
    const { issuer: cluster, account } = request;
    const obtainedAt = clock.now();
    const given = await requestToken(apiOf(cluster), account, request);
    if (given.kind === 'token') return tokenOf(given, obtainedAt);
    throw given.reason === 'notFound'
      ? new BrokerError('service_account_absent', { cause: evidence(cluster, given) })
      : refusal(cluster, given);
  }

  return {
    review: (cluster, token, audiences) =>
      told(
        () => tracing.clusterRequest(cluster, 'token review', () => review(cluster, token, audiences)),
        (code) => observer?.judged?.(cluster, code ?? 'accepted'),
      ),
    mint: (request) => {
      const start = clock.monotonic();
      return told(
        () => tracing.clusterRequest(request.issuer, 'token request', () => mint(request)),
        (code) => observer?.minted?.(request.issuer, code ?? 'token', clock.monotonic() - start),
      );
    },
  };
}

function refusal(cluster: string, failure: Failure): BrokerError {
  const cause = evidence(cluster, failure);
  switch (failure.reason) {
    case 'unavailable':
    case 'timeout': {
      const seconds = Math.ceil((failure.retryAfter ?? 0) / 1000);
      return new BrokerError('cluster_unavailable', {
        cause,
        retryAfter: Math.min(Math.max(1, seconds), MAXIMUM_RETRY_AFTER),
      });
    }
    case 'badAnswer':
    case 'tooLarge':
      return new BrokerError('invalid_cluster_answer', { cause });
    default:
      // It does not know us, gives us no right to this, or does not take what we ask for: nothing that the caller can change.
      return new BrokerError('cluster_refused', { cause });
  }
}

function evidence(cluster: string, { message }: Failure): Error {
  return new Error(`cluster ${cluster}: ${message}`);
}

/** Its lifetime is the shorter of what the answer says by our clock and what the token says by the cluster's own. */
function tokenOf({ token, expiresAt }: ServiceAccountToken, obtainedAt: number): Token {
  const { iat, exp } = readUnverifiedClaims(token) ?? {};
  const own = typeof iat === 'number' && typeof exp === 'number' ? (exp - iat) * 1000 : Number.POSITIVE_INFINITY;
  return {
    accessToken: token,
    digest: createHash('sha256').update(token.reveal()).digest('hex'),
    obtainedAt,
    lifetime: Math.min(expiresAt - obtainedAt, own),
    fields: new Map(),
  };
}

async function told<Result>(task: () => Promise<Result>, tell: (code?: ErrorCode) => void): Promise<Result> {
  try {
    const result = await task();
    tell();
    return result;
  } catch (error) {
    tell(error instanceof BrokerError ? error.code : 'internal');
    throw error;
  }
}
