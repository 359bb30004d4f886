import { ALLOW_CASES } from './allow-cases.ts';
import { type ContractCase, REVISION, ROUTE } from './case.ts';
import { DENY_CASES } from './deny-cases.ts';
import { MALFORMED_CASES } from './malformed-cases.ts';

const UNKNOWN = `default@${'0'.repeat(64)}`;

const UNKNOWN_ROUTE_CASES: readonly ContractCase[] = [
  {
    name: 'a route that control does not hold',
    answer: {
      status: 409,
      headers: [
        ['x-broker-decision', 'unknown-route'],
        ['x-broker-route', ROUTE],
        ['x-broker-revision', REVISION],
        ['cache-control', 'no-store'],
        ['content-type', 'text/plain; charset=utf-8'],
      ],
      body: 'unknown route\n',
    },
    outcome: { kind: 'unknown-route' },
    situation: { route: UNKNOWN },
  },
];

const BAD_REQUEST: ContractCase['answer'] = {
  status: 400,
  headers: [
    ['cache-control', 'no-store'],
    ['content-type', 'text/plain; charset=utf-8'],
  ],
  body: 'x-broker-route is missing or malformed\n',
};

/** What control says to a request that the contract does not know: no decision. */
const BAD_REQUEST_CASES: readonly ContractCase[] = [
  { name: 'a request without a route', answer: BAD_REQUEST, outcome: { kind: 'failed' }, situation: { route: '' } },
  { name: 'a malformed route', answer: BAD_REQUEST, outcome: { kind: 'failed' }, situation: { route: 'default' } },
];

/** Every kind of answer to `POST /v1/decide`, right and wrong. */
export const CONTRACT_CASES: readonly ContractCase[] = [
  ...ALLOW_CASES,
  ...DENY_CASES,
  ...UNKNOWN_ROUTE_CASES,
  ...BAD_REQUEST_CASES,
  ...MALFORMED_CASES,
];
