// Bundles the functions, the command and what the tests run into dist/. Prints nothing unless it fails.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';

const bundles = {
  'functions/config/handler': 'functions/config.ts',
  'functions/discover/handler': 'functions/discover.ts',
  'functions/scrape/handler': 'functions/scrape.ts',
  'cli/main': 'cli/main.ts',
  'test/conformance': 'test/conformance/main.ts',
  'bench/main': 'bench/main.ts',
  'bench/parse': 'bench/parse.ts',
  'bench/receive': 'bench/receive.ts',
  'packaging/main': 'packaging/main.ts',
  'test/simulation': 'test/simulation/main.ts',
  'test/simulation-function': 'test/simulation/function-process.ts',
  'bench/cost': 'bench/cost/main.ts',
};

const result = await build({
  entryPoints: Object.entries(bundles).map(([out, input]) => ({ in: input, out })),
  outdir: 'dist',
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'error',
  // Parts of the AWS SDK are CommonJS and call require for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});

// Each file appears whole under its name: two builds may run at once, and a third process may be loading one.
async function writeWhole(path, contents) {
  const partial = `${path}.${process.pid}.partial`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(partial, contents);
  await rename(partial, path);
}

const outputs = result.outputFiles.map((file) => [relative('.', file.path), file.contents]);
// A Lambda package has no package.json of its own that would call its .js files modules.
const modules = ['config', 'discover', 'scrape'].map((name) => [
  join('dist/functions', name, 'package.json'),
  '{"type":"module"}\n',
]);
for (const [path, contents] of [...outputs, ...modules]) await writeWhole(path, contents);
