import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

describe('the compiled scanner', () => {
  it('is what its source makes', () => {
    const print =
      "import('./build-scan.mjs').then(async (build) => process.stdout.write(await build.scanModuleText()))";
    const made = execFileSync(process.execPath, ['-e', print], { cwd: ROOT, encoding: 'utf8' });
    expect(made).toBe(readFileSync(`${ROOT}/lib/prometheus/wasm/scan-module.ts`, 'utf8'));
  });
});
