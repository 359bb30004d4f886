import type { Adapter, Artefact } from 'oidc-provider';

/** Artefacts kept at most of each kind; the oldest goes first. */
const MAXIMUM_ARTEFACTS = 10_000;

/** Gives oidc-provider a bounded storage in memory, one for each kind of artefact. */
export function createStorage(): (kind: string) => Adapter {
  return () => {
    const artefacts = new Map<string, { readonly payload: Artefact; readonly deadline: number }>();
    const find = (id: string): Artefact | undefined => {
      const artefact = artefacts.get(id);
      return artefact !== undefined && artefact.deadline > Date.now() ? artefact.payload : undefined;
    };
    return {
      upsert: async (id, payload, expiresIn) => {
        const deadline = expiresIn === undefined ? Number.POSITIVE_INFINITY : Date.now() + expiresIn * 1000;
        artefacts.set(id, { payload, deadline });
        const oldest = artefacts.keys().next().value;
        if (artefacts.size > MAXIMUM_ARTEFACTS && oldest !== undefined) artefacts.delete(oldest);
      },
      find: async (id) => find(id),
      destroy: async (id) => {
        artefacts.delete(id);
      },
      findByUid: async (uid) => {
        const [id] = [...artefacts].find(([, { payload }]) => payload.uid === uid) ?? [];
        return id === undefined ? undefined : find(id);
      },
      consume: async (id) => {
        const payload = find(id);
        if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
      },
      revokeByGrantId: async (grantId) => {
        for (const [id, { payload }] of artefacts) if (payload.grantId === grantId) artefacts.delete(id);
      },
      // Device codes are for devices without a browser; this server grants none.
      findByUserCode: async () => undefined,
    };
  };
}
