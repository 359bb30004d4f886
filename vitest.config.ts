import { defineConfig } from 'vitest/config';

/** Suites that start servers: one file at a time is what two cores can carry. Each has a folder and a make target. */
const REAL_PARTS = ['end-to-end', 'kubernetes', 'gateway', 'istio', 'helm', 'packages', 'browser', 'docs', 'valkey'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: REAL_PARTS.map((suite) => `test/${suite}/**`),
          // Some start processes, on machines that do other things too.
          testTimeout: 20_000,
        },
      },
      ...REAL_PARTS.map((suite) => ({
        test: {
          name: suite,
          include: [`test/${suite}/**/*.test.ts`],
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 40_000,
          hookTimeout: 60_000,
        },
      })),
    ],
  },
});
