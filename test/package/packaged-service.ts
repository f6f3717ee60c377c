import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Template } from './resolved-template.ts';
import { zipEntries } from './zip-entries.ts';

const run = promisify(execFile);
const checkout = join(import.meta.dirname, '../..');
const serverless = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');

export const FUNCTIONS = ['config', 'discover', 'scrape'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

export type Resource = {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is as deep as CloudFormation likes it
  readonly Properties: any;
};

/** What `npm run package` makes. */
export type PackagedService = {
  readonly template: Template & {
    readonly Resources: Readonly<Record<string, Resource>>;
    readonly Outputs: Readonly<Record<string, unknown>>;
  };
  readonly archives: Readonly<Record<FunctionName, ReadonlyMap<string, Buffer>>>;
};

let built: Promise<unknown> | undefined;

/**
 * Builds the bundles, once, and packages them in a folder of its own, since .serverless of the checkout may be in use, and
 * without any AWS setting of this process. Arguments such as `--stage prod` are those of `serverless package`.
 */
export async function packageService(args: readonly string[] = []): Promise<PackagedService> {
  built ??= run(process.execPath, ['build.mjs'], { cwd: checkout });
  await built;
  const folder = await mkdtemp(join(tmpdir(), 'prom-emf-package-'));
  try {
    await symlink(join(checkout, 'node_modules'), join(folder, 'node_modules'));
    for (const path of ['serverless.yml', 'serverless', 'package.json', 'dist/functions'])
      await cp(join(checkout, path), join(folder, path), { recursive: true });
    await run(process.execPath, [serverless, 'package', ...args], { cwd: folder, env: withoutAccount(folder) });
    return await readService(join(folder, '.serverless'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a function is of, as paths in its archive: the handler, and the parts that are loaded when they are needed. */
export function bundleFiles(name: FunctionName): string[] {
  const folder = `dist/functions/${name}`;
  return readdirSync(folder)
    .filter((file) => /^(?:handler|part-[A-Z0-9]{8})\.js$|^package\.json$/.test(file))
    .map((file) => `${folder}/${file}`)
    .sort();
}

/** Unpacks an archive as Lambda does and imports what its handler setting names; returns the type of that export. */
export async function importHandler(archive: ReadonlyMap<string, Buffer>, handler: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'prom-emf-archive-'));
  try {
    for (const [path, contents] of archive) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), contents);
    }
    const [file = '', name = ''] = handler.split(/\.(?=[^.]*$)/);
    const script = `import(${JSON.stringify(`./${file}.js`)}).then((module) => console.log(typeof module[${JSON.stringify(name)}]))`;
    const { stdout } = await run(process.execPath, ['--eval', script], { cwd: folder, env: withoutAccount(folder) });
    return stdout.trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of this process only the PATH; a home without configuration files. */
function withoutAccount(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: home, AWS_EC2_METADATA_DISABLED: 'true' };
}

async function readService(folder: string): Promise<PackagedService> {
  const text = await readFile(join(folder, 'cloudformation-template-update-stack.json'), 'utf8');
  const archives = FUNCTIONS.map(
    async (name) => [name, zipEntries(await readFile(join(folder, `${name}.zip`)))] as const,
  );
  return {
    template: JSON.parse(text),
    archives: Object.fromEntries(await Promise.all(archives)) as PackagedService['archives'],
  };
}
