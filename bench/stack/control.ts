import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ControlPorts,
  chooseControlPorts,
  type RunningControl,
  startControl,
} from '../../tools/launch/control.ts';
import { CALLERS, callersKeySet, HOSTS } from './callers.ts';
import { AUDIENCE, BROKER_CLIENT } from './oauth-server.ts';

/** How many policy entries `shared.bench.example` has, one for each path `/<number>`. */
export const SHARED_ENTRIES = 256;

export interface ControlOptions {
  /** A folder for its configuration. */
  readonly directory: string;
  readonly tokenEndpoint: string;
  /** Of the issuer that exchanges tokens; the same by default. */
  readonly exchangeEndpoint?: string;
  /** Requests a second that the issuer is asked at the most; as many as there are by default. */
  readonly issuerRate?: number;
  readonly maximumEntries?: number;
  /** How many policy entries there are in all when only callers with credentials are served, by one of them. */
  readonly entries?: number;
}

/** Starts control with an entry for each kind of caller, its gRPC listener open. */
export async function startBenchControl(options: ControlOptions): Promise<RunningControl> {
  const ports = await chooseControlPorts();
  const file = join(options.directory, 'control.json');
  writeFileSync(file, JSON.stringify(configurationOf(options, ports)));
  return startControl({ CONFIG_FILE: file, LOG_LEVEL: 'warn', GRPC_LISTEN_ADDR: `127.0.0.1:${ports.grpcPort}` }, ports);
}

function configurationOf(options: ControlOptions, { checkPort, filterPort, adminPort }: ControlPorts): object {
  const { tokenEndpoint, issuerRate = 100_000, maximumEntries = 200_000 } = options;
  const issuer = {
    allowInsecure: true,
    client: { id: { value: BROKER_CLIENT.id }, secret: { value: BROKER_CLIENT.secret } },
    budget: { rate: issuerRate, burst: issuerRate },
  };
  const address = (port: number) => ({ address: `127.0.0.1:${port}` });
  return {
    version: 'v1',
    listeners: { check: address(checkPort), filter: address(filterPort), admin: address(adminPort) },
    cache: { maximumEntries },
    issuers: {
      bench: { ...issuer, tokenEndpoint },
      exchange: { ...issuer, tokenEndpoint: options.exchangeEndpoint ?? tokenEndpoint },
    },
    providers: {
      callers: {
        issuer: CALLERS.issuer,
        audiences: [CALLERS.audience],
        jwks: { inline: JSON.parse(callersKeySet) },
      },
    },
    policy: { entries: entriesOf(options) },
  };
}

function entriesOf({ entries }: ControlOptions): object[] {
  const fromHeaders = {
    issuerRef: 'bench',
    clientId: { header: 'x-client-id' },
    clientSecret: { header: 'x-client-secret' },
    scope: { header: 'x-scope' },
  };
  const own = { issuerRef: 'bench', clientId: { value: 'token-broker' }, clientSecret: { value: 'secret' } };
  const credentials = (id: string, match: object) => ({
    ...{ id, match, action: 'clientCredentials', clientCredentials: fromHeaders },
  });
  const idle = (n: number) => credentials(`idle-${n}`, { host: `${n}.idle.example`, pathPrefix: `/idle/${n}` });
  if (entries !== undefined) {
    return [credentials('credentials', { host: HOSTS.credentials }), ...numbers(entries - 1).map(idle)];
  }
  return [
    credentials('credentials', { host: HOSTS.credentials }),
    ...numbers(SHARED_ENTRIES).map((n) => credentials(`shared-${n}`, { host: HOSTS.shared, pathPrefix: `/${n}` })),
    {
      id: 'jwt',
      match: { host: HOSTS.jwt },
      authenticate: { providers: ['callers'] },
      action: 'clientCredentials',
      clientCredentials: own,
    },
    {
      id: 'exchange',
      match: { host: HOSTS.exchange },
      action: 'exchange',
      exchange: { issuerRef: 'exchange', audiences: [AUDIENCE] },
    },
  ];
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
