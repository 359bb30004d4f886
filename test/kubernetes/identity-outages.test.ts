import { expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import type { KubeApiserver } from '../../tools/launch/kube-apiserver.ts';
import { useParts } from '../support/use-deployment.ts';
import { IdentityDeployment, whoAmI } from './identity-deployment.ts';
import { identityEntry } from './identity-entry.ts';

const parts = useParts(() =>
  IdentityDeployment.start({
    entries: [
      identityEntry('/as-shipped'),
      identityEntry('/patiently', { maximumDecisionAge: '10m' }),
      identityEntry('/briefly', { maximumDecisionAge: '3s' }),
    ],
  }),
);

/** Sends a caller's requests one after another while something happens, and says which statuses came back. */
async function statusesDuring(path: string, token: string, task: () => Promise<void>): Promise<Set<number>> {
  const statuses = new Set<number>();
  let over = false;
  const sending = (async () => {
    while (!over) {
      statuses.add((await parts().send(path, token)).status);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  try {
    await task();
  } finally {
    over = true;
    await sending;
  }
  return statuses;
}

async function restart(apiserver: KubeApiserver, meanwhile: () => Promise<void>): Promise<void> {
  await apiserver.goDown();
  await meanwhile();
  await apiserver.comeBack();
}

const becomes = (path: string, token: string, status: number) =>
  eventually(async () => expect((await parts().send(path, token)).status).toBe(status), 30_000);

test.each(['workload', 'management'] as const)(
  'while the %s cluster restarts callers that are known go on, others wait, and none reaches the backend unchecked',
  async (name) => {
    const { clusters, deployment } = parts();
    const known = await parts().callerToken();
    const unknown = await parts().callerToken({ name: name === 'workload' ? 'cart' : 'checkout' });
    await becomes('/patiently/1', known, 200);
    const statuses = await statusesDuring('/patiently/1', known, () =>
      restart(clusters[name], async () => {
        const seen = deployment.backend.requests.filter(({ path }) => path === '/as-shipped/unknown').length;
        const refused = await parts().send('/as-shipped/unknown', unknown);
        expect([refused.status, Number(refused.headers['retry-after'])]).toEqual([503, expect.any(Number)]);
        expect(deployment.backend.requests.filter(({ path }) => path === '/as-shipped/unknown')).toHaveLength(seen);
      }),
    );
    expect([...statuses]).toEqual([200]);
    await becomes('/as-shipped/1', unknown, 200);
    expect(await whoAmI(clusters.management, parts().obtainedToken())).toMatch(/^system:serviceaccount:shop:/);
  },
  90_000,
);

test('a workload cluster that stays down is believed no longer than the maximum age', async () => {
  const { workload } = parts().clusters;
  const token = await parts().callerToken();
  await becomes('/briefly/1', token, 200);
  await workload.goDown();
  await becomes('/briefly/1', token, 503);
  await workload.comeBack();
  await becomes('/briefly/1', token, 200);
}, 90_000);
