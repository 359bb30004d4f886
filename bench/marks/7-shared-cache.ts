import type { Mark } from './finding.ts';

/** It is behaviour and no speed: a real server, killed, frozen and restarted in tests of its own. */
export const judgeSharedCache: Mark = async () => {
  const note = 'test/valkey/: sharing, sealing, rotation, and a server that is down or frozen';
  return [{ mark: 7, what: 'a cache that replicas share', limit: 'make test-valkey', outcome: 'not run', note }];
};
