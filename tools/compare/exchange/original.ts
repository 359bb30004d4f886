import { execFileSync } from 'node:child_process';
import { RunningProcess } from '../../launch/running-process.ts';
import { CheckClient } from './check-client.ts';

export const NAME = 'ext-authz-token-exchange';

/** It looks for its pod's credentials in one place alone, so it gets a view of the file system of its own. */
const SCRIPT = `
set -e
mount -t tmpfs tmpfs /var/run
folder=/var/run/secrets/kubernetes.io/serviceaccount
mkdir -p "$folder"
cp "$1/token" "$1/ca.crt" "$1/namespace" "$folder/"
exec "$2"
`;

/** Whether a process here may have such a view: Linux, with namespaces for users. */
export function canRunOriginal(): boolean {
  try {
    execFileSync('unshare', ['--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/var/run'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts it and waits until it answers.
 *
 * @param credentials a folder with `token`, `ca.crt` and `namespace`
 */
export async function startOriginal(
  binary: string,
  credentials: string,
  environment: Readonly<Record<string, string>>,
): Promise<RunningProcess> {
  const child = new RunningProcess({
    name: NAME,
    command: 'unshare',
    parameters: ['--map-root-user', '--mount', 'sh', '-c', SCRIPT, 'sh', credentials, binary],
    environment: { PATH: process.env.PATH, ...environment },
  });
  const client = new CheckClient(Number(environment.GRPC_PORT));
  // Its policy is read before it listens.
  await child.waitUntil(() => client.check({ name: 'ready', host: 'ready.example', path: '/' }));
  client.close();
  return child;
}
