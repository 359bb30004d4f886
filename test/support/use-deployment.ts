import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { Deployment, type DeploymentOptions } from './deployment.ts';

const PRINTED_LOG_CHARACTERS = 20_000;

/**
 * Gives a test file a deployment: started before its first test, stopped after its last, its logs printed when a test
 * fails, and everything it wrote searched for the secrets that went through it.
 *
 * @returns A function, because the deployment exists only once tests run.
 */
export function useDeployment(options: DeploymentOptions = {}): () => Deployment {
  let deployment: Deployment | undefined;
  beforeAll(async () => {
    deployment = await Deployment.start(options);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail' && deployment !== undefined) printLogs(task.name, await deployment.written());
  });
  afterAll(async () => {
    if (deployment === undefined) return;
    try {
      expect(await deployment.findLeaks()).toEqual([]);
    } finally {
      await deployment.stop();
    }
  });
  return () => {
    if (deployment === undefined) throw new Error('the deployment is not started yet: use it inside a test');
    return deployment;
  };
}

function printLogs(test: string, written: Record<string, string>): void {
  for (const [place, content] of Object.entries(written)) {
    if (place === "Envoy's statistics") continue;
    console.error(`--- ${place}, after "${test}" failed ---\n${content.slice(-PRINTED_LOG_CHARACTERS)}`);
  }
}
