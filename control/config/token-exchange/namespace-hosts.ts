import type { Problems } from '../problems.ts';

type Hosts = Readonly<Record<string, readonly string[]>>;

/** Which namespace may claim which hosts, as JSON. Unset, any may claim any, as in ext-authz-token-exchange. */
export function readNamespaceHosts(
  setting: string,
  text: string | undefined,
  problems: Problems,
): { readonly hosts?: Hosts } {
  if (text === undefined) return {};
  const hosts = parse(text);
  if (isHosts(hosts)) return { hosts };
  problems.add(
    setting,
    'is not JSON of namespaces and their hosts; write {"team-a":["orders.example.com","*.a.example"]}',
  );
  // Until it is mended nobody may claim anything.
  return { hosts: {} };
}

function isHosts(value: unknown): value is Hosts {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((hosts) => Array.isArray(hosts) && hosts.every((host) => typeof host === 'string'));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
