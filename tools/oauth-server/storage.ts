import type { Adapter } from 'oidc-provider';

/** Artefacts kept at most; the oldest goes first. Only opaque tokens and the ids of client assertions are kept. */
const MAXIMUM_ARTEFACTS = 10_000;

/** Gives oidc-provider a bounded storage in memory, one for each kind of artefact. */
export function createStorage(): (kind: string) => Adapter {
  return () => {
    const artefacts = new Map<string, { readonly payload: object; readonly deadline: number }>();
    return {
      upsert: async (id, payload, expiresIn) => {
        const deadline = expiresIn === undefined ? Number.POSITIVE_INFINITY : Date.now() + expiresIn * 1000;
        artefacts.set(id, { payload, deadline });
        const oldest = artefacts.keys().next().value;
        if (artefacts.size > MAXIMUM_ARTEFACTS && oldest !== undefined) artefacts.delete(oldest);
      },
      find: async (id) => {
        const artefact = artefacts.get(id);
        return artefact !== undefined && artefact.deadline > Date.now() ? artefact.payload : undefined;
      },
      destroy: async (id) => {
        artefacts.delete(id);
      },
      // Sessions, device codes and grants belong to users; this server has none.
      findByUid: async () => undefined,
      findByUserCode: async () => undefined,
      consume: async () => {},
      revokeByGrantId: async () => {},
    };
  };
}
