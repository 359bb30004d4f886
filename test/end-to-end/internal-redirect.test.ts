import { describe, expect, test } from 'vitest';
import type { EnvoyConfiguration } from '../../tools/launch/envoy-configuration.ts';
import { credentials, type Deployment } from '../support/deployment.ts';
import { CLIENTS } from '../support/identity-provider.ts';
import { CLIENT_CREDENTIALS } from '../support/policy-file.ts';
import { useDeployment } from '../support/use-deployment.ts';

function followRedirects(configuration: EnvoyConfiguration): void {
  const [{ route }] = configuration.routes();
  route.internal_redirect_policy = { redirect_response_codes: [302], max_internal_redirects: 1 };
}

/** Has the backend send whoever asks for /start to /target, and gives what it received. */
async function follow(deployment: Deployment, headers: Record<string, string>) {
  const { backend, envoy } = deployment;
  const received = backend.requests.length;
  const location = `http://127.0.0.1:${envoy.port}/target`;
  backend.answer(({ path }) => (path === '/start' ? { status: 302, headers: { location } } : { status: 200 }));
  const answer = await deployment.send({ path: '/start', headers });
  return { answer, requests: backend.requests.slice(received) };
}

const first = (deployment: Deployment) => deployment.identityProvider.clients.first;
const token = (deployment: Deployment) => `Bearer ${deployment.identityProvider.tokens().at(-1)}`;

describe('a redirect that Envoy follows itself', () => {
  const deployment = useDeployment({ configure: followRedirects });

  test('meets the filter again without the credentials, and is refused', async () => {
    const { answer, requests } = await follow(deployment(), credentials(first(deployment())));
    expect(answer.status).toBe(401);
    expect(answer.body.trim()).toBe('missing credentials');
    expect(requests.map(({ path }) => path)).toEqual(['/start']);
  });
});

describe('a redirect that Envoy follows itself, when no credentials come with requests', () => {
  const deployment = useDeployment({
    configure: followRedirects,
    control: { STATIC_CLIENT_ID: CLIENTS.first.id, STATIC_CLIENT_SECRET: CLIENTS.first.secret },
  });

  test('gets the token for its target like any other request', async () => {
    const { answer, requests } = await follow(deployment(), {});
    expect(answer.status).toBe(200);
    expect(requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/start', token(deployment())],
      ['/target', token(deployment())],
    ]);
  });
});

describe.each([
  ['carries the token that was injected for where it began', [], token],
  ['carries no token where that entry strips it', ['authorization'], () => undefined],
] as const)('a redirect that Envoy follows itself to where policy lets everything pass', (name, strip, expected) => {
  const deployment = useDeployment({
    configure: followRedirects,
    policy: {
      unmatched: 'deny',
      entries: [
        { id: 'start', match: { pathPrefix: '/start' }, ...CLIENT_CREDENTIALS },
        { id: 'target', match: { pathPrefix: '/target' }, action: 'pass', pass: { strip } },
      ],
    },
  });

  test(name, async () => {
    const { answer, requests } = await follow(deployment(), credentials(first(deployment())));
    expect(answer.status).toBe(200);
    expect(requests.map(({ path }) => path)).toEqual(['/start', '/target']);
    expect(requests.at(-1)?.headers.authorization).toBe(expected(deployment()));
    expect(requests.at(-1)?.headers['x-client-secret']).toBeUndefined();
  });
});
