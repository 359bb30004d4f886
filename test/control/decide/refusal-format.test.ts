import { describe, expect, test } from 'vitest';
import { refusalBody } from '../../../control/decide/refusal-format.ts';
import { BrokerError, type ErrorCode, type IssuerEvidence } from '../../../control/errors.ts';

const body = (code: ErrorCode, issuer?: IssuerEvidence) => refusalBody(new BrokerError(code, { issuer }), 'json');

describe("a refusal as JSON has ext-authz-token-exchange's codes", () => {
  test.each<[string, ErrorCode, IssuerEvidence | undefined, object]>([
    ['what policy denies', 'policy_denied', undefined, { error: 'policy_denied' }],
    ['no bearer token', 'bearer_token_required', undefined, { error: 'bearer_token_required' }],
    [
      'a region that is closed',
      'policy_invalid',
      undefined,
      { error: 'server_error', error_description: 'internal server error' },
    ],
    [
      'an issuer that is away',
      'issuer_unavailable',
      undefined,
      { error: 'server_error', message: 'token exchange request failed (TXE-1003)' },
    ],
    [
      'an answer that breaks off',
      'issuer_unavailable',
      { status: 200, failure: 'connection' },
      { error: 'server_error', message: 'failed to read token exchange response (TXE-1004)' },
    ],
    [
      "the issuer's own trouble",
      'issuer_refused',
      { status: 500, error: 'server_error' },
      { error: 'server_error', error_description: 'internal server error (TXE-2005)' },
    ],
    [
      'an error that is registered',
      'subject_token_rejected',
      { status: 400, error: 'invalid_grant' },
      { error: 'invalid_grant', error_description: 'request failed (TXE-2001)' },
    ],
    [
      "the issuer's own words, where they are shown",
      'exchange_target_refused',
      { status: 400, error: 'invalid_target', description: 'no such API' },
      { error: 'invalid_target', error_description: 'no such API' },
    ],
    ...([400, 401, 403, 500] as const).map((status): [string, ErrorCode, IssuerEvidence, object] => {
      const word = { 400: 'invalid_request', 401: 'invalid_client', 403: 'server_error', 500: 'server_error' }[status];
      const code = { 400: 'TXE-2002', 401: 'TXE-2003', 403: 'TXE-2004', 500: 'TXE-2005' }[status];
      const description = `${status < 403 ? 'request failed' : 'internal server error'} (${code})`;
      return [
        `${status} without such an error`,
        'issuer_refused',
        { status },
        { error: word, error_description: description },
      ];
    }),
    ...(['malformed', 'no_access_token', 'not_bearer', 'wrong_issued_token_type'] as const).map(
      (fault, index): [string, ErrorCode, IssuerEvidence, object] => [
        `an answer that is ${fault}`,
        'invalid_token_response',
        { status: 200, fault },
        { error: 'invalid_request', error_description: `internal server error (TXE-300${index + 1})` },
      ],
    ),
    ['what it does not know', 'jwt_expired', undefined, { error: 'jwt_expired', error_description: 'unauthorized' }],
  ])('%s', (_name, code, issuer, expected) => {
    expect(JSON.parse(body(code, issuer))).toEqual(expected);
  });
});

test('a refusal as text is one line, with the words of the issuer where they are shown', () => {
  const plain = (issuer: IssuerEvidence) => refusalBody(new BrokerError('subject_token_rejected', { issuer }), 'plain');
  expect(plain({ status: 400, error: 'invalid_grant' })).toBe('invalid subject token\n');
  expect(plain({ status: 400, error: 'invalid_grant', description: 'it was revoked' })).toBe(
    'invalid subject token: invalid_grant, it was revoked\n',
  );
});
