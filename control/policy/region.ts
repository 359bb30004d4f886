import type { PolicyEntry } from '../config/configuration.ts';
import { type Problems, shown } from '../config/problems.ts';
import type { Route } from '../decide/route.ts';

type Match = Route['match'];

/** What the route table's encoding allows. */
const MAXIMUM_METHODS = 32;
const MAXIMUM_HOST_BYTES = 253;
const MAXIMUM_PREFIX_BYTES = 2048;

const NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;
const IP_V6 = /^\[[0-9a-f:.]+\]$/;
/** RFC 9110 section 9.1, without the lower-case letters that no registered method has. */
const METHOD = /^[A-Z][A-Z0-9!#$%&'*+.^_`|~-]{0,31}$/;
/** Printable ASCII as it stands in a request's path, and no query or fragment. */
const PATH = /^\/[!-~]*$/;

/** Normalises what two spellings could say (case of the host, slash at the end of the path) and checks the rest. */
export function compileMatch(match: PolicyEntry['match'], setting: string, problems: Problems): Match {
  const host = match.host.toLowerCase();
  const problem = hostProblem(host);
  if (problem !== undefined) {
    problems.add(setting, `host ${shown(match.host)} ${problem}`);
  }
  const pathProblem = prefixProblem(match.pathPrefix);
  if (pathProblem !== undefined) {
    problems.add(setting, `pathPrefix ${shown(match.pathPrefix)} ${pathProblem}`);
  }
  for (const method of match.methods.filter((candidate) => !METHOD.test(candidate))) {
    problems.add(setting, `method ${shown(method)} is not an HTTP method; write it in upper case, such as GET`);
  }
  const methods = [...new Set(match.methods)].sort();
  if (methods.length > MAXIMUM_METHODS) {
    problems.add(setting, `has ${methods.length} methods; the most is ${MAXIMUM_METHODS}, and none means all`);
  }
  return { host, pathPrefix: withoutSlashesAtEnd(match.pathPrefix) || '/', methods };
}

/** `/\/+$/` would begin anew at each slash of a path that holds many and ends in something else. */
function withoutSlashesAtEnd(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

/** Whether two matches of one host and path could claim the same request with the same right. */
export function overlap(one: Match, other: Match): boolean {
  if (one.methods.length === 0 || other.methods.length === 0) {
    // An entry with methods comes before one without.
    return one.methods.length === other.methods.length;
  }
  return one.methods.some((method) => other.methods.includes(method));
}

function hostProblem(host: string): string | undefined {
  if (host === '*') {
    return undefined;
  }
  const name = host.startsWith('*.') ? host.slice(2) : host;
  if (/:\d*$/.test(name) && !IP_V6.test(name)) {
    return 'holds a port; leave it out, ports are not compared';
  }
  if (name.endsWith('.')) {
    return 'ends in a dot; leave it out';
  }
  if (!NAME.test(name) && !IP_V6.test(host)) {
    return 'is not a host; write a name, *.suffix or *';
  }
  return host.length > MAXIMUM_HOST_BYTES ? `is longer than ${MAXIMUM_HOST_BYTES} characters` : undefined;
}

function prefixProblem(prefix: string): string | undefined {
  if (!PATH.test(prefix)) {
    return 'is not a path; begin it with / and percent-encode what is not printable ASCII';
  }
  if (/[?#]/.test(prefix)) {
    return 'holds ? or #; leave them out, queries are not compared';
  }
  if (/\/\.{0,2}\/|\/\.{1,2}$/.test(prefix)) {
    return 'holds an empty, . or .. segment, which no normalised request has; write the path it stands for';
  }
  return prefix.length > MAXIMUM_PREFIX_BYTES ? `is longer than ${MAXIMUM_PREFIX_BYTES} characters` : undefined;
}
