import { readFileSync } from 'node:fs';
import { afterEach } from 'vitest';
import type { Configuration } from '../../../control/config/configuration.ts';
import { loadConfiguration } from '../../../control/config/load.ts';
import type { OperatorContext } from '../../../control/config/operator-value.ts';
import { continueContext } from '../../../control/decide/continue-context.ts';
import { NO_TRACING } from '../../../control/decide/tracing.ts';
import { documentsOf } from '../../../control/policy/sources/policy-config-maps.ts';
import { type CheckClient, type ClientRequest, headersIn, rawHeaders } from '../../support/check-client.ts';
import { type IssuerStub, type Respond, startIssuerStub } from '../../support/issuer-stub.ts';
import { type Booted, boot } from '../boot.ts';
import { connectGrpc } from '../server/grpc/connect.ts';

const PROFILES = '/etc/ext-authz-token-exchange/issuers.yaml';
/** Machines that run tests are busy. An empty variable is the default. */
const PATIENCE = { TOKEN_ENDPOINT_REQUEST_TIMEOUT: '15s', TOKEN_ENDPOINT_RESPONSE_HEADER_TIMEOUT: '15s' };
const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443', POD_NAMESPACE: 'gateway' };

/** The exchange of entries that say nothing else. */
export const EXCHANGE = { issuerRef: 'primary', scope: 'read:orders' };

/** An entry for `api.example.com/orders`; what it is given replaces its members. */
export function entry(rest: object = {}, match: object = {}): object {
  return {
    match: { host: 'api.example.com', pathPrefix: '/orders', ...match },
    action: 'exchange',
    exchange: EXCHANGE,
    ...rest,
  };
}

export interface OriginalOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Entries, or a text, by the `namespace/name` of the ConfigMap; undefined: it has no `config.yaml`. */
  readonly documents?: Readonly<Record<string, readonly object[] | string | undefined>>;
  /** Replaces members of the issuer's profile. */
  readonly profile?: object;
  readonly respond?: Respond;
}

/** What Envoy makes of an answer. */
export interface Answer {
  /** 200: the request goes on. */
  readonly status: number;
  /** Of what the client gets; parsed where it is JSON. */
  readonly body: unknown;
  /** Headers that the backend gets, or the client with a refusal. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Control in the environment of ext-authz-token-exchange, over gRPC, with an issuer that does as the test says. */
export interface Original {
  readonly app: Booted;
  readonly client: CheckClient;
  readonly issuer: IssuerStub;
  readonly configuration: Configuration;
  /** By default a GET of `api.example.com/orders/1` with a token. */
  readonly send: (request?: ClientRequest) => Promise<Answer>;
  /** What became of documents. */
  readonly problems: () => readonly string[];
}

const running: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(running.splice(0).map((stop) => stop())));

/** It is stopped after the test. */
export async function startOriginal(options: OriginalOptions = {}): Promise<Original> {
  const issuer = await startIssuerStub(options.respond ?? issued());
  const configuration = await configurationFor(issuer, options);
  const tracing = continueContext(NO_TRACING, configuration.propagation);
  const app = boot({ configuration, tracing, realIssuers: true, applied: false });
  app.apply(configuration, sourcesOf(options.documents ?? { 'team-a/orders': [entry()] }, configuration));
  app.setReady(true);
  const client = await connectGrpc(app);
  running.push(async () => {
    client.close();
    await app.close();
    await issuer.close();
  });
  return {
    ...{ app, client, issuer, configuration },
    send: (request) => send(client, request),
    problems: () => app.status().sources.flatMap(({ problems }) => problems.map(({ message }) => message)),
  };
}

/** A good answer but for the members given. */
export function issued(members: object = {}, status = 200): Respond {
  const good = {
    access_token: 'exchanged',
    token_type: 'Bearer',
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    expires_in: 300,
  };
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ ...good, ...members }));
  };
}

/** A refusal of the issuer's; undefined: it has no body. */
export function refused(status: number, body?: object, headers: Record<string, string> = {}): Respond {
  return (response) => {
    response.writeHead(status, headers).end(body === undefined ? '' : JSON.stringify(body));
  };
}

export const BEARER = { authorization: 'Bearer subject' };

async function configurationFor(issuer: IssuerStub, { environment, profile }: OriginalOptions): Promise<Configuration> {
  const primary = {
    ...{ name: 'primary', tokenEndpoint: issuer.tokenEndpoint.href },
    ...{ clientID: 'broker', clientSecret: 'broker-secret', ...profile },
  };
  const whole = {
    ...POD,
    ...PATIENCE,
    TOKEN_EXCHANGE_ISSUER_PROFILES_FILE: PROFILES,
    TOKEN_EXCHANGE_ALLOW_HTTP_TOKEN_ENDPOINT: 'true',
    ...environment,
  };
  const readFile = (path: string) =>
    path === PROFILES ? Buffer.from(JSON.stringify({ issuers: [primary] })) : readFileSync(path);
  return loadConfiguration(whole, readFile);
}

function sourcesOf(documents: NonNullable<OriginalOptions['documents']>, { policy }: Configuration) {
  if (policy.configMaps === undefined) throw new Error('policy is in no ConfigMaps');
  const configMaps = Object.entries(documents).map(([id, content]) => {
    const [namespace = '', name = ''] = id.split('/');
    const text = typeof content === 'string' ? content : JSON.stringify({ version: 'v1', entries: content });
    return { namespace, name, data: new Map(content === undefined ? [] : [['config.yaml', text]]) };
  });
  return documentsOf(configMaps, policy.configMaps, {} as OperatorContext);
}

async function send(client: CheckClient, request: ClientRequest = {}): Promise<Answer> {
  const answer = await client.check(rawHeaders({ path: '/orders/1', headers: BEARER, ...request }));
  const { status: code, body } = answer.denied_response ?? { status: { code: 200 }, body: '' };
  return { status: code.code, body: body.startsWith('{') ? JSON.parse(body) : body, headers: headersIn(answer) };
}
