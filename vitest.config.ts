import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Small machines have two cores, and by default one of them would idle.
    maxWorkers: '100%',
    // Machines are small and shared: a slow one must not turn a test red.
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
