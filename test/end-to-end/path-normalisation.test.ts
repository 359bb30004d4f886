import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyOrder, anyPath, DENIED, readCarelessly } from '../support/careless-backend.ts';
import type { DeploymentOptions } from '../support/deployment.ts';
import { useDeployment } from '../support/use-deployment.ts';

const POLICY: DeploymentOptions = {
  policy: {
    unmatched: 'pass',
    entries: [
      { id: 'public', match: { pathPrefix: '/public' }, action: 'pass' },
      { id: 'admin', match: { pathPrefix: '/public/admin' }, action: 'deny' },
      { id: 'secret', match: { pathPrefix: '/secret' }, action: 'deny' },
    ],
  },
};

/** An Envoy that leaves paths as clients write them. */
const AS_WRITTEN: DeploymentOptions = {
  ...POLICY,
  configure: (configuration) => {
    const connectionManager = configuration.httpConnectionManager();
    connectionManager.normalize_path = false;
    connectionManager.merge_slashes = false;
  },
};

describe.each<[string, DeploymentOptions]>([
  ['as shipped', POLICY],
  ['that does not normalise', AS_WRITTEN],
])('behind an Envoy %s', (_name, options) => {
  const deployment = useDeployment(options);
  const send = (path: string) => deployment().send({ path });

  test('no backend, however it reads what it receives, is led to what is denied', async () => {
    const { backend } = deployment();
    await fc.assert(
      fc.asyncProperty(anyPath, anyOrder, async (path, order) => {
        const received = backend.requests.length;
        await send(path);
        for (const request of backend.requests.slice(received)) {
          expect(readCarelessly(request.path, order)).not.toMatch(DENIED);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('what every reader takes for the same reaches the backend as it is', async () => {
    const { backend } = deployment();
    const paths = ['/public/a%2Fb', '/public/%E2%82%AC', '/public/a;v=1', '/elsewhere/100%25'];
    for (const path of paths) expect((await send(path)).status).toBe(200);
    expect(backend.requests.slice(-paths.length).map(({ path }) => path)).toEqual(paths);
  });

  // Envoy's own normalisation may have resolved one of them before the filter, which then denies what it names.
  test.each(['/public%2fadmin', '/public/%61dmin', '/public/..;/secret', '/public/x%2f..%2fadmin'])(
    '%s is refused',
    async (path) => {
      const { status, body } = await send(path);
      expect(['400 ambiguous path\n', '403 policy denied\n']).toContain(`${status} ${body}`);
    },
  );
});
