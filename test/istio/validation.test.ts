import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { validate } from './support/istio.ts';
import { formatManifests, type Manifest, Manifests } from './support/manifests.ts';

const FOLDER = fileURLToPath(new URL('../../deploy/istio/', import.meta.url));

/** What we do in spite of a warning. */
const WARNINGS: Record<string, RegExp[]> = {
  // To name the port would open every other one.
  'callers.yaml': [/will deny all traffic to TCP ports/],
  'gateway-limits.yaml': [/EnvoyFilter exposes internal implementation details/],
};

describe('a cluster with Istio', () => {
  test.each(readdirSync(FOLDER))('takes %s', async (file) => {
    const { refusals, warnings } = await validate(join(FOLDER, file));
    expect(refusals).toEqual([]);
    expect(warnings).toEqual((WARNINGS[file] ?? []).map((warning) => expect.stringMatching(warning)));
  });
});

/** A change that makes a manifest bad, and what is said about it. */
type Damage = [what: string, file: string, change: (manifests: Manifests) => void, said: RegExp];

const plugin = (change: (spec: Manifest) => void) => (manifests: Manifests) =>
  change(manifests.find('WasmPlugin').spec);
const provider = (change: (provider: Manifest) => void) => (manifests: Manifests) =>
  change(manifests.all[0].meshConfig.extensionProviders[0]);

const DAMAGES: Damage[] = [
  ['an unknown field', 'wasm-plugin', plugin((spec) => (spec.failPolicy = 'FAIL_CLOSE')), /unknown.*spec\.failPolicy/],
  [
    'a phase that there is not',
    'wasm-plugin',
    plugin((spec) => (spec.phase = 'LAST')),
    /spec\.phase: Unsupported value/,
  ],
  [
    'a failStrategy that there is not',
    'wasm-plugin',
    plugin((spec) => (spec.failStrategy = 'FAIL_CLOSED')),
    /spec\.failStrategy: Unsupported value/,
  ],
  ['a short sha256', 'wasm-plugin', plugin((spec) => (spec.sha256 = 'abc')), /sha256.*64/],
  ['a sha256 in capitals', 'wasm-plugin', plugin((spec) => (spec.sha256 = 'A'.repeat(64))), /sha256.*a-f0-9/],
  ['no url', 'wasm-plugin', plugin((spec) => delete spec.url), /spec\.url: Required value/],
  ['a url of another scheme', 'wasm-plugin', plugin((spec) => (spec.url = 'ftp://a.example/b')), /schema|scheme/],
  ['a priority that is no number', 'wasm-plugin', plugin((spec) => (spec.priority = 'last')), /spec\.priority/],
  [
    'a misspelt selector',
    'callers',
    (manifests) => (manifests.find('AuthorizationPolicy').spec.selector = { matchLabel: { istio: 'ingressgateway' } }),
    /unknown.*matchLabel/,
  ],
  [
    'a policy for an action that there is not',
    'callers',
    (manifests) => (manifests.find('AuthorizationPolicy').spec.action = 'REFUSE'),
    /spec\.action: Unsupported value/,
  ],
  [
    'a CUSTOM policy without a provider',
    'ext-authz-http',
    (manifests) => delete manifests.find('AuthorizationPolicy').spec.provider,
    /provider/,
  ],
  [
    'a mode of mutual TLS that there is not',
    'control-access',
    (manifests) => (manifests.find('PeerAuthentication').spec.mtls.mode = 'STRCT'),
    /spec\.mtls\.mode: Unsupported value/,
  ],
  [
    'an unknown field of a NetworkPolicy',
    'backend-access',
    (manifests) => (manifests.find('NetworkPolicy').spec.podSelectors = {}),
    /unknown field "spec\.podSelectors"/,
  ],
  [
    'an unknown field of a Deployment',
    'control',
    (manifests) => (manifests.find('Deployment').spec.template.spec.containers[0].environment = []),
    /unknown field "spec\.template\.spec\.containers\[0\]\.environment"/,
  ],
  [
    'an endpoint that is none of the sidecar itself',
    'control',
    (manifests) => (manifests.find('Sidecar').spec.ingress[0].defaultEndpoint = '10.0.0.1:8081'),
    /efaultEndpoint|127\.0\.0\.1/,
  ],
  ['an unknown setting of the mesh', 'mesh-config', provider((each) => (each.envoyExtAuthz = {})), /envoyExtAuthz/],
  [
    'a port of a provider that there is not',
    'mesh-config',
    provider((each) => (each.envoyExtAuthzHttp.port = 80_800)),
    /port/,
  ],
];

describe('a cluster with Istio does not take', () => {
  const folder = mkdtempSync(join(tmpdir(), 'envoy-token-broker-damaged-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(DAMAGES)('%s, in %s.yaml', async (_what, file, change, said) => {
    const manifests = Manifests.shipped(file);
    change(manifests);
    const damaged = join(folder, `${file}.yaml`);
    writeFileSync(damaged, formatManifests(manifests.all));
    expect((await validate(damaged)).refusals).toEqual([expect.stringMatching(said)]);
  });

  test('a key that comes twice', async () => {
    const file = join(folder, 'twice.yaml');
    writeFileSync(file, 'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nkind: RequestAuthentication\n');
    expect((await validate(file)).refusals).toEqual([expect.stringMatching(/already (set|defined)/)]);
  });

  test('a kind that no cluster of ours knows', async () => {
    const file = join(folder, 'kind.yaml');
    writeFileSync(file, 'apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlug\nmetadata: { name: a }\n');
    expect((await validate(file)).refusals).toEqual([expect.stringMatching(/WasmPlug/)]);
  });
});
