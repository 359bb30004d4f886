/** RFC 9110 section 5.6.2: a field name is a token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const MAXIMUM_LENGTH = 128;

const FORBIDDEN_PREFIXES = ['x-broker-', 'x-inject-', 'x-envoy-'];

/** RFC 9110 section 7.6.1, and what frames or addresses the message itself. */
const FORBIDDEN = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'content-length',
  'content-encoding',
  'content-type',
  'cache-control',
  'token-broker-cache-control',
]);

/**
 * Why policy may not read, strip or set this header.
 *
 * @returns undefined when it may
 */
export function headerNameProblem(name: string): string | undefined {
  if (name.startsWith(':')) {
    return 'is a pseudo-header';
  }
  if (!TOKEN.test(name)) {
    return "is not a header name (RFC 9110: letters, digits and - _ . ! # $ % & ' * + ^ ` | ~)";
  }
  if (name.length > MAXIMUM_LENGTH) {
    return `is longer than ${MAXIMUM_LENGTH} characters`;
  }
  const lowerCase = name.toLowerCase();
  const prefix = FORBIDDEN_PREFIXES.find((candidate) => lowerCase.startsWith(candidate));
  if (prefix !== undefined) {
    return `begins with ${prefix}, which is kept for Envoy and the broker itself`;
  }
  if (FORBIDDEN.has(lowerCase)) {
    return 'belongs to the connection, or frames or addresses the message';
  }
  return undefined;
}

/** The way Go prints a header's name, and so DexTokenBroker's refusals: `X-Client-Id`. */
export function canonicalHeaderName(name: string): string {
  return name.toLowerCase().replaceAll(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());
}
