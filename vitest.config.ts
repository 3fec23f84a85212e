import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/**/src/**/*.test.ts', 'apps/**/src/**/*.test.ts', 'test/**/*.test.ts', 'infra/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    globalSetup: 'test/support/global-setup.ts',
    // Processes, because a test may change signals and time. Two at least: most of the time they wait for a database or a socket.
    pool: 'forks',
    maxWorkers: Math.max(2, Math.min(6, availableParallelism() - 1)),
    // A slow machine must not fail a test; one that hangs still ends.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
  },
});
