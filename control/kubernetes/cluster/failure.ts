import { record } from '../record.ts';
import type { Failure, FailureReason } from './api.ts';

const MAXIMUM_MESSAGE = 300;

/** Statuses whose meaning holds only when Kubernetes itself gives them: proxies answer 404 too. */
const OF_KUBERNETES: Readonly<Record<number, FailureReason>> = {
  404: 'notFound',
  409: 'conflict',
  410: 'gone',
  422: 'unprocessable',
};
const OF_ANYBODY: Readonly<Record<number, FailureReason>> = {
  401: 'unauthorized',
  403: 'forbidden',
  429: 'unavailable',
};

/** The `Status` object that Kubernetes answers when it refuses, as far as it is used. */
interface Status {
  readonly message: string | undefined;
  readonly code: number | undefined;
}

/**
 * Says what a status other than 200 and 201 means.
 *
 * @param body undefined when it could not be read
 * @param options.retryAfter the header, in seconds
 */
export function describeAnswer(
  status: number,
  body: string | undefined,
  { retryAfter, confidential }: { readonly retryAfter: string | null; readonly confidential: boolean },
): Failure {
  const details = body === undefined ? undefined : readStatus(parseJson(body));
  const said = confidential || details?.message === undefined ? '' : `: ${details.message}`;
  const wait = retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1000 : 0;
  return {
    kind: 'failed',
    reason: reasonOf(status, details !== undefined),
    message: oneLine(`the API server answered ${status}${said}`),
    status,
    ...(wait > 0 ? { retryAfter: wait } : {}),
  };
}

/** Says what a `Status` in the place of an object means, as the last event of a watch. */
export function describeStatus(value: unknown): Failure {
  const details = readStatus(value);
  if (details?.code === undefined) return badAnswer('an event holds an error without a code');
  const { code: status, message = '' } = details;
  return {
    kind: 'failed',
    reason: reasonOf(status, true),
    message: oneLine(`the API server ended the watch with ${status}: ${message}`),
    status,
  };
}

/** @param evidence quotes nothing of the answer */
export function badAnswer(evidence: string): Failure {
  return { kind: 'failed', reason: 'badAnswer', message: evidence };
}

export function tooLarge(evidence: string): Failure {
  return { kind: 'failed', reason: 'tooLarge', message: evidence };
}

/** One printable line, cut short: what a server said goes no further in any other shape. */
export function oneLine(text: string): string {
  const line = text.replace(/[^\x20-\x7e]+/g, ' ').trim();
  return line.length > MAXIMUM_MESSAGE ? `${line.slice(0, MAXIMUM_MESSAGE)}...` : line;
}

function reasonOf(status: number, ofKubernetes: boolean): FailureReason {
  if (status >= 500) return 'unavailable';
  return OF_ANYBODY[status] ?? (ofKubernetes ? OF_KUBERNETES[status] : undefined) ?? 'badAnswer';
}

function readStatus(value: unknown): Status | undefined {
  const { kind, message, code } = record(value);
  if (kind !== 'Status') return undefined;
  return {
    message: typeof message === 'string' && message !== '' ? message : undefined,
    code: typeof code === 'number' ? code : undefined,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
