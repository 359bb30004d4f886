import { describe, expect, test } from 'vitest';
import { useParts } from '../support/use-deployment.ts';
import { IdentityDeployment, SELF_REVIEW, selfReview, usernameIn } from './identity-deployment.ts';
import { identityEntry } from './identity-entry.ts';

const CART = 'system:serviceaccount:shop:cart';

describe.each(['token-broker', 'ext-authz', 'ext-authz-grpc'] as const)(
  "by envoy/%s.yaml the cluster's API server",
  (shipped) => {
    const parts = useParts(() =>
      IdentityDeployment.start({ shipped, toApiserver: true, entries: [identityEntry('/apis')] }),
    );

    const ask = (headers: Record<string, string>) =>
      parts().deployment.send({
        method: 'POST',
        path: SELF_REVIEW,
        headers: { 'content-type': 'application/json', ...headers },
        body: selfReview(),
      });

    test("takes a workload's account for its own, and sees nobody who is none", async () => {
      const authorization = `Bearer ${await parts().callerToken()}`;
      for (let i = 0; i < 3; i++) {
        const { status, body } = await ask({ authorization });
        expect(usernameIn(status, body)).toBe(CART);
      }
      expect((await ask({})).status).toBe(401);
      expect((await ask({ authorization: 'Bearer wrong' })).status).toBe(401);
      // The administrator's own token of the target is none of a workload's.
      const { adminToken } = parts().clusters.management;
      parts().deployment.secrets.plant("the administrator's token", adminToken);
      expect((await ask({ authorization: `Bearer ${adminToken}` })).status).toBe(401);
    });
  },
);
