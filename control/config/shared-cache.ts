import type { Secret } from '../secret.ts';
import type { SharedCacheDocument } from './document.ts';
import type { ReadDuration } from './entry-context.ts';
import { type OperatorContext, operatorValue } from './operator-value.ts';
import { type Problems, shown } from './problems.ts';
import type { Files } from './read-files.ts';

/** A Valkey or Redis server on which replicas share tokens. */
export interface SharedCacheConfiguration {
  readonly at: { readonly host: string; readonly port: number } | { readonly path: string };
  readonly database: number;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  /** Undefined: without TLS. Files of PEM; undefined: the system's authorities, no certificate of our own. */
  readonly tls:
    | {
        readonly caFile: string | undefined;
        readonly certificateFile: string | undefined;
        readonly keyFile: string | undefined;
      }
    | undefined;
  /** The first seals, all of them open. */
  readonly keys: readonly Secret[];
  /** ms for one operation. */
  readonly timeout: number;
  /** ms for which a server that failed is left alone. */
  readonly bypass: number;
  /** ms after which a replica that died lets go of what it was about. */
  readonly lockExpiry: number;
  readonly keyPrefix: string;
}

interface Context {
  readonly operator: OperatorContext;
  readonly duration: ReadDuration;
  readonly files: Files;
  readonly problems: Problems;
  /** What the rest of `cache` says. */
  readonly cache: { readonly maximumEntries: number; readonly keyFile?: string };
}

const SETTING = 'cache.shared';
const EXAMPLE = 'rediss://valkey.example:6379';
const UNUSABLE = { at: { host: 'unusable.invalid', port: 0 }, database: 0, secure: false } as const;

/** `cache.shared`. */
export function readSharedCache(document: SharedCacheDocument, context: Context): SharedCacheConfiguration {
  const { operator, duration, files, problems, cache } = context;
  const { username, password, keys, keyPrefix } = document;
  if (cache.maximumEntries === 0) {
    problems.add(SETTING, 'is there, and cache.maximumEntries: 0 switches every cache off; remove one of the two');
  }
  if (cache.keyFile === undefined) {
    problems.add(SETTING, 'needs cache.keyFile, the same on all replicas, or each would store under names of its own');
  }
  const { at, database, secure } = readUrl(document.url, problems);
  const value = (setting: string, source: object) => operatorValue(setting, source, { operator, problems });
  return {
    ...{ at, database, username, keyPrefix },
    password: password && readPassword(value(`${SETTING}.password`, password), problems),
    tls: secure ? readTls(document.tls ?? {}, files) : refuseTls(document, problems),
    keys: keys.map((source, index) => readKey(`${SETTING}.keys[${index}]`, value, source, problems)).filter(isKnown),
    timeout: duration(`${SETTING}.timeout`, document.timeout, 1, 10_000),
    bypass: duration(`${SETTING}.bypass`, document.bypass, 100, 3_600_000),
    lockExpiry: duration(`${SETTING}.lockExpiry`, document.lockExpiry, 100, 60_000),
  };
}

/** What is allowed, and yet likely a mistake. */
export function sharedCacheWarnings(shared: SharedCacheConfiguration | undefined): readonly string[] {
  if (shared?.password === undefined || shared.tls !== undefined || 'path' in shared.at) return [];
  if (/^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/.test(shared.at.host)) return [];
  return [`${SETTING}.url has no TLS, so the password crosses the network in the clear; use rediss://`];
}

function readUrl(text: string, problems: Problems) {
  const setting = `${SETTING}.url`;
  const url = URL.parse(text);
  if (url === null) {
    // What stands before an @ may be a password.
    problems.add(setting, `${shown(text.replace(/^.*@/s, '…@'))} is not a URL; give one such as ${EXAMPLE}`);
    return UNUSABLE;
  }
  if (url.username !== '' || url.password !== '') {
    problems.add(setting, 'holds credentials before the @; set username and password instead');
  }
  if (url.search !== '' || url.hash !== '') {
    problems.add(setting, 'has a query or a fragment, which mean nothing here; leave them out');
  }
  switch (url.protocol) {
    case 'unix:':
      if (url.host !== '' || url.pathname.length < 2) problems.add(setting, 'names no socket; write unix:/path');
      return { at: { path: decodeURIComponent(url.pathname) }, database: 0, secure: false };
    case 'redis:':
    case 'rediss:': {
      const database = /^\/?(\d{0,4})$/.exec(url.pathname)?.[1];
      if (url.hostname === '') problems.add(setting, `names no host; give one such as ${EXAMPLE}`);
      if (database === undefined) problems.add(setting, 'ends in no number of a database; write /0, or nothing');
      // URL keeps the brackets of an IPv6 address.
      const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
      const at = { host, port: url.port === '' ? 6379 : Number(url.port) };
      return { at, database: Number(database ?? 0), secure: url.protocol === 'rediss:' };
    }
    default:
      problems.add(setting, `${shown(url.protocol)} is not a scheme for it; use rediss://, redis:// or unix:/path`);
      return UNUSABLE;
  }
}

function readTls({ caFile, certificateFile, keyFile }: NonNullable<SharedCacheDocument['tls']>, files: Files) {
  return {
    caFile: caFile && files.certificates(`${SETTING}.tls.caFile`, caFile),
    certificateFile: certificateFile && files.certificates(`${SETTING}.tls.certificateFile`, certificateFile),
    keyFile: keyFile && files.privateKey(`${SETTING}.tls.keyFile`, keyFile),
  };
}

function refuseTls({ tls }: SharedCacheDocument, problems: Problems): undefined {
  if (tls !== undefined) problems.add(`${SETTING}.tls`, 'is for rediss:// alone; change the url, or remove it');
}

function readPassword(password: Secret | undefined, problems: Problems): Secret | undefined {
  if (password?.reveal() === '') problems.add(`${SETTING}.password`, 'is empty; give one, or remove it');
  return password;
}

type ReadValue = (setting: string, source: object) => Secret | undefined;

function readKey(setting: string, value: ReadValue, source: object, problems: Problems): Secret | undefined {
  const key = value(setting, source);
  if (key !== undefined && Buffer.byteLength(key.reveal()) < 32) {
    problems.add(setting, 'is shorter than 32 bytes; make one with: openssl rand -base64 32');
  }
  return key;
}

function isKnown(key: Secret | undefined): key is Secret {
  return key !== undefined;
}
