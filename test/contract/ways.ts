import { type BootOptions, boot, routeReference } from '../control/boot.ts';
import { connectGrpc } from '../control/server/grpc/connect.ts';
import { headersIn, rawHeaders } from '../support/check-client.ts';

/** What a client sends, and what answers it. */
export interface Question {
  /** How control is set up, anew for each way. */
  readonly options: () => BootOptions;
  /** The client's headers; all of them are key inputs. One that has several values came several times. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

/** What Envoy makes of an answer, whichever way it asked. */
export interface Effect {
  /** 200 where the request goes on, otherwise what the client gets. */
  readonly status: number;
  readonly body: string;
  /** Headers that the backend gets, or the client with a refusal. */
  readonly headers: Readonly<Record<string, string>>;
}

export async function askAsFilter({ options, headers: inputs }: Question): Promise<Effect> {
  const booted = boot(options());
  const keys = Object.entries(inputs).map(([name, value]) => [`x-broker-key-${name}`, value]);
  const answer = await booted.filter?.inject({
    ...({ method: 'POST', url: '/v1/decide' } as const),
    headers: { 'x-broker-route': await routeReference(booted), ...Object.fromEntries(keys) },
  });
  await booted.close();
  const { statusCode: status = 0, body = '', headers = {} } = answer ?? {};
  const injected = (name: string) => /^x-inject-(.+)$/.exec(name)?.[1];
  return { status, body, headers: pick(headers, status === 200 ? injected : ofClient) };
}

export async function askOverHttp({ options, headers: sent }: Question): Promise<Effect> {
  const booted = boot(options());
  const answer = await booted.check?.inject({
    url: '/check/orders',
    headers: Object.fromEntries(Object.entries(sent).map(([name, values]) => [name, [...values]])),
  });
  await booted.close();
  const { statusCode: status = 0, body = '', headers = {} } = answer ?? {};
  return { status, body, headers: pick(headers, status === 200 ? ofBackend : ofClient) };
}

export async function askOverGrpc({ options, headers }: Question): Promise<Effect> {
  const { configuration, ...rest } = options();
  const grpc = { address: { host: '127.0.0.1', port: 0 }, tls: undefined };
  const booted = boot(
    configuration === undefined
      ? { ...rest, environment: { ...rest.environment, GRPC_LISTEN_ADDR: '127.0.0.1:0' } }
      : { ...rest, configuration: { ...configuration, listeners: { ...configuration.listeners, grpc } } },
  );
  const client = await connectGrpc(booted);
  const answer = await client.check(rawHeaders({ path: '/orders', headers }));
  client.close();
  await booted.close();
  const { denied_response: denied } = answer;
  if ((denied === undefined) !== (answer.status.code === 0)) throw new Error('status and response disagree');
  return { status: denied?.status.code ?? 200, body: denied?.body ?? '', headers: headersIn(answer) };
}

function ofClient(name: string): string | undefined {
  return ['content-type', 'www-authenticate', 'retry-after'].includes(name) ? name : undefined;
}

/** Besides them an answer of /check has headers of its own, which Envoy drops. */
function ofBackend(name: string): string | undefined {
  return ['authorization', 'x-id-token', 'x-level', 'x-user'].includes(name) ? name : undefined;
}

/** @param wanted gives the name that a header has in the outcome */
function pick(headers: object, wanted: (name: string) => string | undefined): Record<string, string> {
  const all = Object.entries(headers).map(([name, value]) => [wanted(name), String(value)] as const);
  return Object.fromEntries(all.filter(([name]) => name !== undefined));
}
