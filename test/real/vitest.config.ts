import { defineConfig } from 'vitest/config';

/** A second report for machines, such as .ci/run, in the file that TEST_REPORT names. */
const outputFile = process.env.TEST_REPORT;

// Real programs on two cores: one file at a time, and time to start a JVM or a broker.
export default defineConfig({
  test: {
    reporters: outputFile === undefined ? ['default'] : ['default', ['json', { outputFile }]],
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/real/**/*.test.ts'],
    // The bundles in dist are what runs.
    globalSetup: ['test/build.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
  },
});
