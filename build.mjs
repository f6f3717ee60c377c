// Bundles the functions, the command and what the tests run into dist/. Prints nothing unless it fails.
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';

const functions = ['config', 'discover', 'scrape'];

const bundles = {
  'cli/main': 'cli/main.ts',
  'test/conformance': 'test/conformance/main.ts',
  'bench/main': 'bench/main.ts',
  'bench/child': 'bench/child.ts',
  'packaging/main': 'packaging/main.ts',
  'test/simulation': 'test/simulation/main.ts',
  'test/simulation-function': 'test/simulation/function-process.ts',
  'bench/cost': 'bench/cost/main.ts',
};

// An import reads all properties of a module of Node, and one of this module's loads the whole of fetch (Node 22 and
// later): 20 ms of a cold start.
const required = {
  name: 'required',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:node:)?http$/ }, ({ path, namespace }) =>
      namespace === 'required' ? { path, external: true } : { path, namespace: 'required' },
    );
    onLoad({ filter: /./, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = require('${path}');`,
    }));
  },
};

const options = {
  outdir: 'dist',
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // Modules can be left out where nothing uses them; CommonJS, which the AWS SDK has too, cannot.
  mainFields: ['module', 'main'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  plugins: [required],
  logLevel: 'error',
  // Parts of the AWS SDK are CommonJS and call require for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

const results = await Promise.all([
  build({ ...options, entryPoints: Object.entries(bundles).map(([out, input]) => ({ in: input, out })) }),
  // What a function loads only when it needs it is a file of its own: a cold start reads no more than it runs.
  ...functions.map((name) =>
    build({
      ...options,
      entryPoints: [{ in: `functions/${name}.ts`, out: 'handler' }],
      outdir: folderOf(name),
      splitting: true,
      chunkNames: 'part-[hash]',
    }),
  ),
]);

function folderOf(name) {
  return join('dist/functions', name);
}

// Each file appears whole under its name: two builds may run at once, and a third process may be loading one.
async function writeWhole(path, contents) {
  const partial = `${path}.${process.pid}.partial`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(partial, contents);
  await rename(partial, path);
}

const outputs = results
  .flatMap(({ outputFiles }) => outputFiles)
  .map((file) => [relative('.', file.path), file.contents])
  // A handler comes last, when the parts it names are there.
  .sort(([a], [b]) => Number(a.endsWith('handler.js')) - Number(b.endsWith('handler.js')));
// A Lambda package has no package.json of its own that would call its .js files modules.
const modules = functions.map((name) => [join(folderOf(name), 'package.json'), '{"type":"module"}\n']);
const files = [...outputs, ...modules];
for (const [path, contents] of files) await writeWhole(path, contents);

// Parts of an earlier build would be packed with the rest.
const written = new Set(files.map(([path]) => path));
for (const name of functions) {
  const parts = (await readdir(folderOf(name))).filter((file) => /^part-.*\.js$/.test(file));
  for (const path of parts.map((file) => join(folderOf(name), file))) if (!written.has(path)) await rm(path);
}
