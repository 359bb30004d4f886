import { Agent, fetch as fetchWith } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { findFreePorts } from '../../tools/launch/ports.ts';
import { RunningProcess } from '../../tools/launch/running-process.ts';
import { StartedParts } from '../../tools/launch/started-parts.ts';
import { EXAMPLES, type Manifest, one, render } from './support/chart.ts';
import type { LocalPod } from './support/local-pod.ts';
import { renderPlain } from './support/plain.ts';
import {
  authority,
  beside,
  type Control,
  checkConfiguration,
  commandOf,
  deployed,
  filesOf,
  ROOT,
} from './support/rendered-control.ts';

const envoy = authority.issue('envoy');

const started = new StartedParts();
afterEach(() => started.stop());

function local(control: Control): LocalPod {
  const files = filesOf(control);
  started.keep({ stop: async () => files.remove() });
  return files;
}

/** Starts control as kubelet would: nothing but the container's environment reaches it. */
function start({ container }: Control, files: LocalPod): RunningProcess {
  return started.keep(
    new RunningProcess({
      name: 'control',
      command: process.execPath,
      parameters: commandOf(container),
      directory: ROOT,
      environment: { ...files.environment },
    }),
  );
}

/** Asks what a probe of the container asks. */
async function probe({ container }: Control, name: string): Promise<number> {
  const { path, port } = container[name].httpGet;
  const { containerPort } = container.ports.find((each: Manifest) => each.name === port);
  return (await fetch(`http://127.0.0.1:${containerPort}${path}`)).status;
}

const sidecars = ['envoy-gateway-sidecar'];
const all: [string, () => Control][] = [
  // rights.test.ts has the one that needs an API server.
  ...EXAMPLES.filter((example) => example !== 'rights').map((example): [string, () => Control] => {
    const find = sidecars.includes(example) ? beside : deployed;
    return [example, () => find(render({ example }))];
  }),
  ['deploy/kubernetes', () => deployed(renderPlain())],
];

test.each(all)("control accepts its configuration in '%s'", (_name, find) => {
  const { status, stderr, stdout } = checkConfiguration(find());
  expect(stderr).toBe('');
  expect(stdout).toContain('the configuration is good');
  expect(status).toBe(0);
});

describe('control as a Deployment', () => {
  const config = (id: string) => ({
    version: 'v1',
    issuers: { dex: { tokenEndpoint: 'https://dex.example.com/token' } },
    policy: { entries: [{ id, match: { pathPrefix: '/free' }, action: 'pass' }] },
  });

  async function startDeployment() {
    const [check = 0, filter = 0, grpc = 0, admin = 0] = await findFreePorts(4);
    const values = {
      config: config('first'),
      listeners: {
        check: { enabled: true, port: check },
        filter: { port: filter },
        grpc: { enabled: true, port: grpc },
        admin: { port: admin },
      },
    };
    const control = deployed(render({ values }));
    const files = local(control);
    const running = start(control, files);
    await running.waitUntil(async () => expect(await probe(control, 'readinessProbe')).toBe(200));
    return { control, files, values, ports: { check, filter } };
  }

  test('starts by the command of the image and answers its probes', async () => {
    const { control } = await startDeployment();
    for (const name of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
      expect(await probe(control, name)).toBe(200);
    }
  });

  test('hands its route table to Envoys alone, and takes a changed one from its ConfigMap without a restart', async () => {
    const { files, values, ports } = await startDeployment();
    const url = `https://127.0.0.1:${ports.filter}/v1/routes`;
    const connect = { ca: authority.certificate };
    const stranger = new Agent({ connect });
    const known = new Agent({ connect: { ...connect, cert: envoy.certificate, key: envoy.key } });
    await expect(fetchWith(url, { dispatcher: stranger })).rejects.toThrow();
    const revision = async () => (await fetchWith(url, { dispatcher: known })).headers.get('x-broker-revision');
    const before = await revision();
    expect(before).toMatch(/^[0-9a-f]{64}$/);

    const upgraded = render({ values: { ...values, config: config('second') } });
    files.write('token-broker-config', one(upgraded, 'ConfigMap').data);
    await eventually(async () => expect(await revision()).not.toBe(before), 10_000);
    await Promise.all([stranger.destroy(), known.destroy()]);
  });

  test('answers ext_authz where the Service says', async () => {
    const { ports } = await startDeployment();
    expect((await fetch(`http://127.0.0.1:${ports.check}/check/free`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${ports.check}/check/other`)).status).toBe(403);
  });
});

test('control as a sidecar starts and answers its probes', async () => {
  const [filter = 0, admin = 0] = await findFreePorts(2);
  const listeners = { filter: { port: filter }, admin: { port: admin } };
  const control = beside(render({ example: 'envoy-gateway-sidecar', values: { listeners } }));
  const running = start(control, local(control));
  await running.waitUntil(async () => expect(await probe(control, 'startupProbe')).toBe(200));
  expect(await probe(control, 'livenessProbe')).toBe(200);
  expect((await fetch(`http://127.0.0.1:${filter}/v1/routes`)).status).toBe(200);
});
