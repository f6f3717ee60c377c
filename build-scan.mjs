// Compiles the WebAssembly part of the exposition scanner; its text is committed, so that only a change of it needs this.
import { readFile, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const FOLDER = 'lib/prometheus/wasm';
const SOURCE = `${FOLDER}/scan.as.ts`;
export const MODULE = `${FOLDER}/scan-module.ts`;

/** Bytes behind the window may be read, but no memory is added. */
const MEMORY = ['--initialMemory', '2', '--maximumMemory', '2'];
const OPTIONS = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--use', 'abort=', ...MEMORY];

const pathOf = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The text of lib/prometheus/wasm/scan-module.ts. */
export async function scanModuleText() {
  let binary;
  const { error, stderr } = await asc.main([SOURCE, '-o', 'scan.wasm', ...OPTIONS], {
    readFile: (name) => (/^[^/]+\.as\.ts$/.test(relative(FOLDER, name)) ? readFile(pathOf(name), 'utf8') : null),
    writeFile: (_, contents) => {
      binary = contents;
    },
  });
  if (error !== null || binary === undefined) throw new Error(`${SOURCE}: ${stderr}`, { cause: error });
  const text = Buffer.from(binary).toString('base64');
  return `// Made of scan.as.ts and the files that it imports by \`npm run build:scan\`: not to be edited.\nexport const SCAN_MODULE =\n  '${text}';\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(pathOf(MODULE), await scanModuleText());
