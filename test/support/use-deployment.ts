import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { Deployment, type DeploymentOptions } from './deployment.ts';
import type { Written } from './planted-secrets.ts';

const PRINTED_LOG_CHARACTERS = 20_000;

/** What runs for the tests of a file, and writes logs. */
interface Parts {
  written(): Promise<Written>;
  findLeaks(): Promise<string[]>;
  stop(): Promise<void>;
}

/** Gives a test file a deployment, as {@link useParts} does. */
export function useDeployment(options: DeploymentOptions = {}): () => Deployment {
  return useParts(() => Deployment.start(options));
}

/**
 * Gives a test file what it needs to run: started before its first test, stopped after its last, its logs printed when a
 * test fails, and everything it wrote searched for the secrets that went through it.
 *
 * @returns A function, because the parts exist only once tests run.
 */
export function useParts<Started extends Parts>(start: () => Promise<Started>): () => Started {
  let parts: Started | undefined;
  beforeAll(async () => {
    parts = await start();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail' && parts !== undefined) printLogs(task.name, await parts.written());
  });
  afterAll(async () => {
    if (parts === undefined) return;
    try {
      expect(await parts.findLeaks()).toEqual([]);
    } finally {
      await parts.stop();
    }
  });
  return () => {
    if (parts === undefined) throw new Error('nothing is started yet: use it inside a test');
    return parts;
  };
}

function printLogs(test: string, written: Written): void {
  for (const [place, content] of Object.entries(written)) {
    if (place === "Envoy's statistics" || place === "control's metrics") continue;
    console.error(`--- ${place}, after "${test}" failed ---\n${content.slice(-PRINTED_LOG_CHARACTERS)}`);
  }
}
