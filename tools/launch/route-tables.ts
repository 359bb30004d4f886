import { eventually } from './eventually.ts';
import { readSamples, sumSamples } from './statistics.ts';

/**
 * Waits until each of Envoy's workers has the filter's route table, and its main thread too: in shadow the filter has no
 * opinion before.
 *
 * @param adminUrl As in RunningEnvoy.
 * @param workers Envoy's concurrency.
 * @throws {Error} when some thread has none after a while.
 */
export async function waitForRouteTables(adminUrl: string, workers: number): Promise<void> {
  await eventually(async () => {
    const samples = await readSamples(adminUrl);
    const tables = sumSamples(samples, 'token_broker_table_refreshes', { outcome: 'changed' });
    if (tables < workers + 1) throw new Error(`${tables} route tables are in force, of ${workers + 1}`);
  });
}
