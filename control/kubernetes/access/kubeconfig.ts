import { parse, YAMLParseError } from 'yaml';
import { type Members, record } from '../record.ts';
import { AccessError } from './access.ts';

/** What a kubeconfig says of one context. */
export interface KubeconfigContext {
  readonly cluster: Fields;
  readonly user: Fields;
  readonly namespace: string | undefined;
}

/** Named texts of one part of the file; what is there and is no text has been refused. */
export type Fields = ReadonlyMap<string, string>;

/**
 * What a kubeconfig can ask for and does not get here, by field. Leaving one of these out silently would reach the wrong
 * server, or as somebody else, or run a command that a file names.
 */
const REFUSED: Readonly<Record<'cluster' | 'user', Readonly<Record<string, string>>>> = {
  cluster: {
    'insecure-skip-tls-verify': 'certificates are always verified; give certificate-authority',
    'proxy-url': 'the API server is asked directly, never through a proxy',
  },
  user: {
    exec: 'no command is run for credentials; give tokenFile, and let something else keep that file fresh',
    'auth-provider': 'no plugin is asked for credentials; give tokenFile, and let something else keep that file fresh',
    username: 'Kubernetes has no passwords; give token, tokenFile or a client certificate',
    password: 'Kubernetes has no passwords; give token, tokenFile or a client certificate',
    as: 'nobody is impersonated; give the credentials of a service account of its own',
    'as-uid': 'nobody is impersonated; give the credentials of a service account of its own',
    'as-groups': 'nobody is impersonated; give the credentials of a service account of its own',
    'as-user-extra': 'nobody is impersonated; give the credentials of a service account of its own',
  },
};

/**
 * Reads a kubeconfig as `kubectl` does, as far as it can be kept safely.
 *
 * @param context undefined: the file's `current-context`
 * @throws AccessError
 */
export function parseKubeconfig(text: string, context: string | undefined): KubeconfigContext {
  const document = parseDocument(text);
  const name = context ?? document['current-context'];
  if (typeof name !== 'string' || name === '') throw new AccessError('no current-context is set; name a context');
  const chosen = find(document, 'context', name);
  return {
    cluster: readFields('cluster', find(document, 'cluster', chosen.cluster)),
    user: readFields('user', find(document, 'user', chosen.user)),
    namespace: typeof chosen.namespace === 'string' && chosen.namespace !== '' ? chosen.namespace : undefined,
  };
}

function parseDocument(text: string): Members {
  try {
    return record(parse(text));
  } catch (error) {
    // The parser's own message shows the line, which may hold a token.
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    throw new AccessError(line === undefined ? 'it is not YAML' : `it is not YAML in line ${line}`);
  }
}

function find(document: Members, kind: 'context' | 'cluster' | 'user', name: unknown) {
  const list = document[`${kind}s`];
  const found = (Array.isArray(list) ? list : []).map(record).find((entry) => entry.name === name);
  if (found === undefined) throw new AccessError(`${kind}s holds no ${kind} ${JSON.stringify(name)}`);
  return record(found[kind]);
}

function readFields(kind: 'cluster' | 'user', entry: Members): Fields {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(entry)) {
    if (value === null || value === '' || value === false) continue;
    const reason = Object.hasOwn(REFUSED[kind], name) ? REFUSED[kind][name] : undefined;
    if (reason !== undefined) throw new AccessError(`the ${kind}'s ${name} is not supported: ${reason}`);
    if (typeof value === 'string') fields.set(name, value);
  }
  return fields;
}
