import { expect, test } from 'vitest';
import { eventually } from '../../tools/launch/eventually.ts';
import { useParts } from '../support/use-deployment.ts';
import { grantIn } from './manifests.ts';
import { exchangeEntry, PolicyDeployment } from './policy-deployment.ts';

const parts = useParts(() =>
  PolicyDeployment.start({
    rights: ['rbac-per-namespace.yaml', 'rbac-secret.yaml'],
    configMaps: { namespaces: ['team-a', 'team-b'] },
  }),
);
const status = async () => (await fetch(`${parts().deployment.controlAdminUrl}/status`)).json();

test('a right to the ConfigMaps of one namespace is enough for its policy; what only others may claim is closed', async () => {
  const { first, second } = parts().deployment.identityProvider.exchange;
  await parts().write('team-a', 'orders', [exchangeEntry('a.example', '/orders', first.exchange)]);
  await parts().write('team-b', 'payments', [exchangeEntry('b.example', '/payments', second.exchange)]);
  await eventually(async () => {
    expect((await parts().send('a.example', '/orders/1')).status).toBe(200);
    expect(parts().deployment.backend.last().headers.authorization).not.toBeUndefined();
    expect(await status()).toMatchObject({
      sources: [
        { name: 'configmap team-a/orders', problems: [] },
        {
          name: 'configmaps of namespace team-b',
          problems: [{ message: expect.stringMatching(/^cannot be read.*403/) }],
        },
      ],
    });
  });
  await parts().become('b.example', '/payments/1', 503);
  await parts().become('b.example', '/', 503);
  await parts().become('c.example', '/', 200);
});

test('once the right is given, it is read', async () => {
  const read = { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] };
  const account = 'token-broker/token-broker';
  await parts().apiserver.admin.apply(...grantIn('team-b', account, 'token-broker-policy', read));
  await parts().become('b.example', '/payments/1', 200);
  await parts().become('b.example', '/', 200);
});
