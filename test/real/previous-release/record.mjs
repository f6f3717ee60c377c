// Writes scrape.mjs.gz: the scrape function of another revision, for rollback.test.ts. Without the AWS SDK, which the
// test gives it: that is most of a bundle, and none of what a rollback is about.
//
//   node test/real/previous-release/record.mjs REVISION
//
// The file there is of db093c9, the last revision before state version 2. After a release it becomes that release.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const [, , revision] = process.argv;
if (revision === undefined) throw new Error('usage: node test/real/previous-release/record.mjs REVISION');
const folder = mkdtempSync(join(tmpdir(), 'prom-emf-revision-'));
try {
  const sources = execFileSync('git', ['archive', revision, 'functions', 'lib', 'tsconfig.json'], { maxBuffer: 1e9 });
  execFileSync('tar', ['x', '-C', folder], { input: sources });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'functions/scrape.ts')],
    absWorkingDir: folder,
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['@aws-sdk/*'],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  const bundle = outputFiles[0].contents;
  const file = join(import.meta.dirname, 'scrape.mjs.gz');
  writeFileSync(file, gzipSync(bundle, { level: 9 }));
  process.stdout.write(`${file}: ${revision}, ${bundle.length} bytes\n`);
} finally {
  rmSync(folder, { recursive: true });
}
