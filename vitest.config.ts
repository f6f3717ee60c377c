import { configDefaults, defineConfig } from 'vitest/config';

/** A second report for machines, such as .ci/run, in the file that TEST_REPORT names. */
const outputFile = process.env.TEST_REPORT;

export default defineConfig({
  test: {
    reporters: outputFile === undefined ? ['default'] : ['default', ['json', { outputFile }]],
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/build.ts'],
    setupFiles: ['test/emitted-lines.ts'],
    // Real programs have a configuration of their own: npm run test:real.
    exclude: [...configDefaults.exclude, 'test/real/**'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    teardownTimeout: 10_000,
  },
});
