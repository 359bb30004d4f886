import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Route } from '../decide/route.ts';
import { encode } from '../policy/encode.ts';
import { AMBIGUOUS_PATH, createMatcher } from '../policy/matcher.ts';
import { type Command, UsageError } from './command.ts';
import { buildOffline } from './policy-of-files.ts';

/** Says which policy entry a request meets. */
export const explain: Command = async (words, io) => {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: { config: { type: 'string' }, policy: { type: 'string', multiple: true, default: [] } },
    allowPositionals: true,
  });
  const [method, address, further] = positionals;
  if (method === undefined || address === undefined || further !== undefined || !URL.canParse(address)) {
    throw new UsageError('name a method and a URL, such as: GET https://api.example/orders/1');
  }
  const { built, keys } = await buildOffline(values.policy, values.config, io, (path) => readdirSync(path).sort());
  const { table } = built;
  const wasm = readFileSync(new URL('../../build/matcher.wasm', import.meta.url));
  const match = createMatcher(wasm, encode(table, keys.filter));
  // As it was written: URL itself would resolve what the matcher has to see.
  const [, host = '', path = '/'] = /^[a-z]+:\/\/([^/?#]*)([^#]*)/i.exec(address) ?? [];
  const index = match(host, path, method);
  const route = table.routes[index];
  if (route !== undefined) io.print(describe(route));
  else if (index === AMBIGUOUS_PATH)
    io.print('refused with 400: the path can be read in several ways that meet different entries');
  else io.print(`no entry matches: ${table.unmatched === 'pass' ? 'it goes on as it is' : 'refused with 403'}`);
  return 0;
};

function describe(route: Route): string {
  const { host, pathPrefix, methods } = route.match;
  const facts: [string, string][] = [
    ['entry', route.id],
    ['claims', `${host} ${pathPrefix} ${methods.length === 0 ? '(every method)' : methods.join(', ')}`],
    ['outcome', outcomeOf(route)],
  ];
  if (route.kind === 'decide') {
    facts.push([
      'reads',
      route.inputs.map(({ source, name }) => `${source} ${name}`).join(', ') || 'nothing of the request',
    ]);
    if (route.options !== 'decide') facts.push(['OPTIONS', `without credentials: ${route.options}`]);
  }
  if (route.strip.length > 0) facts.push(['strips', route.strip.join(', ')]);
  return facts.map(([name, fact]) => `${name.padEnd(8)} ${fact}`).join('\n');
}

function outcomeOf(route: Route): string {
  switch (route.kind) {
    case 'pass':
      return 'goes on';
    case 'deny':
      return `refused with ${route.status} (${route.code})`;
    case 'decide': {
      const { action, authentication } = route;
      const checked =
        authentication === undefined ? '' : `callers: ${authentication.providers.join(', ') || 'by Envoy'}; `;
      return `${checked}${action === undefined ? 'goes on without a token of ours' : `${action.kind} at ${action.issuer}`}`;
    }
  }
}
