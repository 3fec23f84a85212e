import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { WaitingFirst } from './test/support/waiting-first.ts';

export default defineConfig({
  test: {
    include: ['packages/**/src/**/*.test.ts', 'apps/**/src/**/*.test.ts', 'test/**/*.test.ts', 'infra/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    globalSetup: 'test/support/global-setup.ts',
    // Processes, because a test may change signals and time. More than there are cores: most of the time they wait.
    pool: 'forks',
    maxWorkers: Math.min(8, 2 * availableParallelism()),
    sequence: { sequencer: WaitingFirst },
    // A slow machine must not fail a test; one that hangs still ends.
    testTimeout: 30_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
  },
});
