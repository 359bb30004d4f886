import { isObjectName, type ObjectName } from '../../decide/object-name.ts';

const PREFIX = 'system:serviceaccount:';

/** The service account that a reviewed user name stands for; undefined when it is someone else. */
export function parseUsername(username: string): ObjectName | undefined {
  if (!username.startsWith(PREFIX)) return undefined;
  const [namespace = '', name = '', ...rest] = username.slice(PREFIX.length).split(':');
  const account = { namespace, name };
  return rest.length === 0 && isObjectName(account) ? account : undefined;
}
