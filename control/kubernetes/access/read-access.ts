import { dirname, isAbsolute, join } from 'node:path';
import type { ClusterAccess } from '../../config/cluster.ts';
import type { Secret } from '../../secret.ts';
import {
  type Access,
  AccessError,
  checkCertificates,
  checkPrivateKey,
  checkToken,
  parseServer,
  type TlsMaterial,
} from './access.ts';
import { type Fields, parseKubeconfig } from './kubeconfig.ts';

/** Reads a whole file. @throws an error with a `code`, as node:fs does */
export type ReadFile = (path: string) => Promise<Buffer>;

/** Reads the text of a file that a kubeconfig names. @throws AccessError */
type ReadText = (path: string) => Promise<string>;

/** Bytes of one file at most: kubeconfigs with many contexts and their certificates are the largest. */
const MAXIMUM_FILE = 1024 * 1024;

/**
 * Reads how an API server is reached, from all the files that say so.
 *
 * @throws AccessError
 */
export function readAccess(access: ClusterAccess, readFile: ReadFile): Promise<Access> {
  switch (access.kind) {
    case 'inCluster':
      return readInCluster(access, readFile);
    case 'kubeconfig':
      return readKubeconfig(access, readFile);
    case 'url':
      return readUrl(access, readFile);
  }
}

async function readInCluster(access: ClusterAccess & { kind: 'inCluster' }, readFile: ReadFile): Promise<Access> {
  const { host, port, folder } = access;
  const server = parseServer(
    `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    'KUBERNETES_SERVICE_HOST with KUBERNETES_SERVICE_PORT',
  );
  return {
    server,
    tls: { ...(await readAuthorities(join(folder, 'ca.crt'), readFile)), serverName: undefined, client: undefined },
    token: await readToken(join(folder, 'token'), readFile),
    namespace: (await readText(join(folder, 'namespace'), readFile)).trim(),
  };
}

async function readUrl(access: ClusterAccess & { kind: 'url' }, readFile: ReadFile): Promise<Access> {
  return {
    server: parseServer(access.url.href, 'the URL'),
    tls: { ...(await readAuthorities(access.caFile, readFile)), serverName: undefined, client: undefined },
    token: await readToken(access.tokenFile, readFile),
    namespace: undefined,
  };
}

async function readKubeconfig(access: ClusterAccess & { kind: 'kubeconfig' }, readFile: ReadFile): Promise<Access> {
  const { file, context } = access;
  const text = await readText(file, readFile);
  try {
    const { cluster, user, namespace } = parseKubeconfig(text, context);
    // Paths in the file are meant from where it is.
    const read = (path: string) => readText(isAbsolute(path) ? path : join(dirname(file), path), readFile);
    const tls = await readKubeconfigTls(cluster, user, read);
    const token = await readKubeconfigToken(user, read);
    if (token === undefined && tls.client === undefined) {
      throw new AccessError('the user has neither token, tokenFile nor client-certificate');
    }
    return { server: parseServer(cluster.get('server') ?? '', "the cluster's server"), tls, token, namespace };
  } catch (error) {
    throw error instanceof AccessError ? new AccessError(`${file}: ${error.message}`) : error;
  }
}

async function readKubeconfigTls(cluster: Fields, user: Fields, read: ReadText): Promise<TlsMaterial> {
  const ca = await readEmbedded(cluster, 'certificate-authority', read);
  const certificate = await readEmbedded(user, 'client-certificate', read);
  const key = await readEmbedded(user, 'client-key', read);
  if ((certificate === undefined) !== (key === undefined)) {
    throw new AccessError('client-certificate and client-key must be given together');
  }
  return {
    ca: ca === undefined ? undefined : checkCertificates(ca, 'certificate-authority'),
    serverName: cluster.get('tls-server-name'),
    client:
      certificate === undefined || key === undefined
        ? undefined
        : {
            certificate: checkCertificates(certificate, 'client-certificate'),
            key: checkPrivateKey(key, 'client-key'),
          },
  };
}

/** As in client-go, the file is what counts where both are given. */
async function readKubeconfigToken(user: Fields, read: ReadText): Promise<Secret | undefined> {
  const [file, token] = [user.get('tokenFile'), user.get('token')];
  if (file !== undefined) return checkToken((await read(file)).trim(), file);
  return token === undefined ? undefined : checkToken(token, "the user's token");
}

/** A text that the kubeconfig holds in base64, or the file that it names otherwise. */
async function readEmbedded(fields: Fields, name: string, read: ReadText): Promise<string | undefined> {
  const [data, file] = [fields.get(`${name}-data`), fields.get(name)];
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  return file === undefined ? undefined : read(file);
}

async function readAuthorities(file: string | undefined, readFile: ReadFile): Promise<{ ca: string | undefined }> {
  return { ca: file === undefined ? undefined : checkCertificates(await readText(file, readFile), file) };
}

async function readToken(file: string, readFile: ReadFile): Promise<Secret> {
  return checkToken((await readText(file, readFile)).trim(), file);
}

async function readText(file: string, readFile: ReadFile): Promise<string> {
  const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new AccessError(`${file} cannot be read (${error.code ?? 'unknown error'})`);
  });
  if (content.length > MAXIMUM_FILE) throw new AccessError(`${file} is larger than ${MAXIMUM_FILE} bytes`);
  return content.toString('utf8');
}
