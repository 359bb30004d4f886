import type { Case, Scenario } from '../case.ts';

export const exchange = (target: object = { scope: 'read:orders' }, match: object = {}) => ({
  match: { host: 'api.example.com', pathPrefix: '/orders', ...match },
  action: 'exchange',
  exchange: { issuerRef: 'primary', ...target },
});
export const deny = (match: object) => ({
  match: { host: 'api.example.com', pathPrefix: '/', ...match },
  action: 'deny',
});

const PREFLIGHT = { origin: 'https://app.example', 'access-control-request-method': 'GET' };
const options = (name: string, rest: Partial<Case> = {}): Case => ({ name, method: 'OPTIONS', ...rest });

const OPTIONS_CASES: readonly Case[] = [
  options('a preflight', { headers: PREFLIGHT }),
  options('a preflight with a token', { headers: PREFLIGHT, subject: 'good' }),
  options('OPTIONS without Origin', { headers: { 'access-control-request-method': 'GET' } }),
  options('OPTIONS without the method', { headers: { origin: 'https://app.example' } }),
  options('OPTIONS alone'),
  options('OPTIONS with a token', { subject: 'good' }),
  options('an unmatched preflight', { path: '/elsewhere', headers: PREFLIGHT }),
  options('a denied preflight', { path: '/admin', headers: PREFLIGHT }),
];

const ENTRIES = [
  exchange(),
  exchange(
    { audiences: ['a', 'b'], resources: ['https://r.example/1', 'https://r.example/2'] },
    { pathPrefix: '/targets' },
  ),
  exchange({ scope: 'write' }, { pathPrefix: 'reports', methods: ['post', ' PUT '] }),
  deny({ pathPrefix: '/admin' }),
  deny({ pathPrefix: '/orders/secret' }),
  deny({ host: 'UPPER.example.com:8443', pathPrefix: '/' }),
];

/** What is matched, and what a token looks like. */
export const requestScenario: Scenario = {
  name: 'requests',
  documents: { policy: ENTRIES },
  cases: [
    { name: 'a good token', subject: 'good' },
    { name: 'no token' },
    { name: 'no token, no scope', path: '/targets' },
    { name: 'Basic credentials', headers: { authorization: 'Basic dXNlcjpwYXNz' } },
    { name: 'the scheme alone', headers: { authorization: 'Bearer' } },
    { name: 'the scheme in lower case', headers: { authorization: 'bearer good' } },
    { name: 'blanks around the token', headers: { authorization: '  Bearer   good ' }, ...leadingBlanks() },
    {
      name: 'a tab after the scheme',
      headers: { authorization: 'Bearer\tgood' },
      differs: { status: [200, 401], also: ['body', 'challenge', 'authorization', 'tokenRequest'] },
    },
    {
      name: 'a token with a blank in it',
      headers: { authorization: 'Bearer go od' },
      differs: { also: ['body', 'challenge'] },
    },
    { name: 'targets are repeated', path: '/targets/1', subject: 'good' },
    { name: 'a prefix without slash, a method in lower case', path: '/reports', method: 'POST', subject: 'good' },
    { name: 'another method', path: '/reports', method: 'GET', subject: 'good' },
    { name: 'a method in lower case', path: '/reports', method: 'put', subject: 'good', ...lowerCaseMethod() },
    { name: 'the longer prefix', path: '/orders/secret/1', subject: 'good' },
    { name: 'denied', path: '/admin/users', subject: 'good' },
    { name: 'denied without a token', path: '/admin' },
    { name: 'a host in capitals', host: 'API.Example.COM', subject: 'good' },
    { name: 'a host with a port', host: 'api.example.com:8443', subject: 'good' },
    { name: 'a policy host in capitals with a port', host: 'upper.example.com' },
    { name: 'another host', host: 'other.example.com', subject: 'good' },
    { name: 'unmatched', path: '/elsewhere', subject: 'good' },
    { name: 'unmatched without a token', path: '/elsewhere' },
    { name: 'a query', path: '/orders?page=1', subject: 'good' },
    { name: 'the prefix itself', path: '/orders', subject: 'good' },
    {
      name: 'a prefix that ends within a segment',
      path: '/ordersX',
      subject: 'good',
      differs: { also: ['authorization', 'tokenRequest'] },
    },
    ...OPTIONS_CASES,
  ],
};

/** Envoy trims values before anybody sees them. */
function leadingBlanks(): Pick<Case, 'differs'> {
  return { differs: { status: [200, 401], also: ['body', 'challenge', 'authorization', 'tokenRequest'] } };
}

/** RFC 9110 section 9.1: methods are compared with case. */
function lowerCaseMethod(): Pick<Case, 'differs'> {
  return { differs: { also: ['authorization', 'tokenRequest'] } };
}

/** What the two switches change. */
export const switchScenarios: readonly Scenario[] = [
  {
    name: 'every OPTIONS',
    environment: { TOKEN_EXCHANGE_ALLOW_UNAUTHENTICATED_OPTIONS: 'yes' },
    documents: { policy: ENTRIES },
    cases: OPTIONS_CASES,
  },
  {
    name: 'unmatched is denied',
    environment: { TOKEN_EXCHANGE_DEFAULT_DENY_UNMATCHED: 'TRUE' },
    documents: { policy: ENTRIES },
    cases: [
      { name: 'a good token', subject: 'good' },
      { name: 'unmatched', path: '/elsewhere', subject: 'good' },
      { name: 'unmatched without a token', path: '/elsewhere' },
      { name: 'another host', host: 'other.example.com' },
      ...OPTIONS_CASES,
    ],
  },
];
