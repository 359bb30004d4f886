import type { ObjectName } from '../../decide/object-name.ts';
import type { Secret } from '../../secret.ts';
import type { Api, Failure } from '../cluster/api.ts';
import { badAnswer } from '../cluster/failure.ts';
import { record, texts } from '../record.ts';
import { safeText } from './safe-text.ts';
import { parseUsername } from './service-account.ts';

/** What an API server says of a token. */
export type TokenReview = Reviewed | Unauthenticated | Failure;

export interface Reviewed {
  readonly kind: 'authenticated';
  readonly username: string;
  /** Undefined when the user is no service account. */
  readonly serviceAccount: ObjectName | undefined;
  /** Changes when an account is deleted and made again; empty where the API server knows none. */
  readonly uid: string;
  readonly groups: readonly string[];
  /** Those of the asked ones that the token is for; never empty when any was asked. */
  readonly audiences: readonly string[];
}

export interface Unauthenticated {
  readonly kind: 'unauthenticated';
  /** For logs: why, in the API server's words; nothing of the token is in it. */
  readonly message: string;
}

/** Bytes of an answer: it holds the token and who its user is. */
const MAXIMUM_ANSWER = 256 * 1024;

/**
 * Asks an API server whether a token is good (`authentication.k8s.io/v1` TokenReview).
 *
 * @param audiences one of these must be the token's; empty: the API server's own must be
 */
export async function reviewToken(api: Api, token: Secret, audiences: readonly string[]): Promise<TokenReview> {
  const answer = await api.call({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token: token.reveal(), ...(audiences.length > 0 && { audiences }) },
    },
    maximumBytes: MAXIMUM_ANSWER,
    confidential: true,
  });
  return answer.kind === 'failed' ? answer : readReview(answer.value, token, audiences);
}

/** Reads an answer, which also holds the token: of its `spec` nothing is looked at. */
function readReview(value: unknown, token: Secret, asked: readonly string[]): TokenReview {
  const review = record(value);
  if (review.kind !== 'TokenReview') return badAnswer('the answer is no TokenReview');
  const status = record(review.status);
  if (status.authenticated !== true) {
    // A bad token is no failure: the API server answers 201, and says what is wrong with it.
    const said = typeof status.error === 'string' && status.error !== '' ? status.error : 'no reason was given';
    return { kind: 'unauthenticated', message: safeText(said, token) };
  }
  const user = record(status.user);
  const { username } = user;
  if (typeof username !== 'string' || username === '') return badAnswer('the TokenReview names no user');
  const audiences = texts(status.audiences).filter((audience) => asked.includes(audience));
  // An API server that knows nothing of audiences would accept a token that is meant for somebody else.
  if (asked.length > 0 && audiences.length === 0) {
    return { kind: 'unauthenticated', message: 'the API server confirmed none of the audiences' };
  }
  return {
    kind: 'authenticated',
    username,
    serviceAccount: parseUsername(username),
    uid: typeof user.uid === 'string' ? user.uid : '',
    groups: texts(user.groups),
    audiences,
  };
}
