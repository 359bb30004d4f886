import { chooseControlPorts, startControl } from '../launch/control.ts';
import { startEnvoy } from '../launch/envoy.ts';
import { EnvoyConfiguration } from '../launch/envoy-configuration.ts';
import { eventually } from '../launch/eventually.ts';
import { waitForRouteTables } from '../launch/route-tables.ts';
import { StartedParts } from '../launch/started-parts.ts';
import { readSamples, sumSamples } from '../launch/statistics.ts';
import { startPeer } from './peer.ts';

/** What the filter counted. */
export interface ShadowCounts {
  readonly requests: number;
  readonly agreed: number;
  readonly different: number;
  readonly unknown: number;
}

const GOOD = { 'x-client-id': 'client', 'x-client-secret': 'secret' };
const KINDS: readonly Record<string, string>[] = [
  GOOD,
  { ...GOOD, 'x-scope': 'scope-0' },
  { ...GOOD, 'x-scope': 'scope-1' },
  {},
  { 'x-client-id': 'client' },
];
/** What we decide after the backend has answered cannot be compared in full: so each kind comes once before the others. */
const REPETITIONS = 10;

/** Lets DexTokenBroker decide, behind Envoy with `envoy/shadow.yaml`, and the filter watch. */
export async function runInShadow(
  peer: string,
  ports: { tokenEndpoint: string; backend: number },
): Promise<ShadowCounts> {
  const parts = new StartedParts();
  const environment = { DEX_TOKEN_URL: ports.tokenEndpoint, ALLOW_INSECURE_DEX_URL: 'true' };
  try {
    const theirs = parts.keep(await startPeer(peer, environment));
    const control = parts.keep(await startControl(environment, await chooseControlPorts()));
    const configuration = EnvoyConfiguration.shipped('shadow')
      .setPort('other-broker', theirs.port)
      .setPort('token-broker', control.filterPort)
      .setPort('backend', ports.backend);
    const envoy = parts.keep(await startEnvoy({ configuration, concurrency: 1 }));
    await waitForRouteTables(envoy.adminUrl, 1);
    const send = async () => {
      for (const headers of KINDS) await fetch(`http://127.0.0.1:${envoy.port}/`, { headers });
    };
    await send();
    await eventually(() => countIn(envoy.adminUrl, KINDS.length));
    for (let count = 0; count < REPETITIONS; count++) await send();
    return await eventually(() => countIn(envoy.adminUrl, KINDS.length * (REPETITIONS + 1)));
  } finally {
    await parts.stop();
  }
}

async function countIn(adminUrl: string, sent: number): Promise<ShadowCounts> {
  const samples = await readSamples(adminUrl);
  const sum = (name: string) => sumSamples(samples, `token_broker_shadow_${name}`, {});
  const counts = { agreed: sum('agreements'), different: sum('differences'), unknown: sum('unknown') };
  const requests = counts.agreed + counts.different + counts.unknown;
  if (requests !== sent) throw new Error(`${requests} of ${sent} requests are counted`);
  return { requests, ...counts };
}
