import { request as httpRequest } from 'node:http';
import { chooseControlPorts, startControl } from '../launch/control.ts';
import { startEnvoy } from '../launch/envoy.ts';
import { EnvoyConfiguration } from '../launch/envoy-configuration.ts';
import { StartedParts } from '../launch/started-parts.ts';
import type { Case, Scenario } from './case.ts';
import { startPeer } from './peer.ts';

/** What one request got. */
export interface Outcome {
  readonly scenario: string;
  readonly of: Case;
  readonly peer: number;
  readonly check: number;
  /** Through Envoy with the filter. */
  readonly filter: number;
}

interface Ports {
  readonly tokenEndpoint: string;
  readonly backend: number;
}

/** Starts both, and Envoy with the filter, with a scenario's variables; and sends its requests to each. */
export async function runScenario(
  scenario: Scenario,
  peer: string,
  { tokenEndpoint, backend }: Ports,
): Promise<Outcome[]> {
  const parts = new StartedParts();
  const environment = {
    DEX_TOKEN_URL: tokenEndpoint,
    ALLOW_INSECURE_DEX_URL: 'true',
    STATIC_CLIENT_ID: 'client',
    STATIC_CLIENT_SECRET: 'secret',
    ...scenario.environment,
  };
  try {
    const theirs = parts.keep(await startPeer(peer, environment));
    const ports = await chooseControlPorts();
    parts.keep(await startControl(environment, ports));
    const configuration = EnvoyConfiguration.shipped('token-broker')
      .setPort('token-broker', ports.filterPort)
      .setPort('backend', backend);
    const envoy = parts.keep(await startEnvoy({ configuration, concurrency: 1 }));
    const outcomes: Outcome[] = [];
    for (const each of scenario.cases) {
      outcomes.push({
        scenario: scenario.name,
        of: each,
        peer: await send(theirs.port, each),
        check: await send(ports.checkPort, each),
        filter: await send(envoy.port, each),
      });
    }
    return outcomes;
  } finally {
    await parts.stop();
  }
}

function send(port: number, { method = 'GET', headers }: Case): Promise<number> {
  const fields = Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]);
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: '/check',
      method,
      headers: Object.fromEntries(fields),
      agent: false,
    };
    httpRequest(options, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    })
      .once('error', reject)
      .end();
  });
}
