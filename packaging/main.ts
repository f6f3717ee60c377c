import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseDocument } from 'yaml';
import { releaseTemplate } from './release-template.ts';
import { readStackParameters, type StackParameter } from './stack-parameters.ts';
import type { Template } from './template.ts';

const run = promisify(execFile);
const STAGE = 'zzstagezz';
/** What osls itself checks: a retention that CloudWatch Logs takes, and that nothing else in the template is. */
const RETENTION = 3653;
/** Other numbers follow this one, which nothing in a template comes near. */
const NUMBERS = 987_654_000;

/**
 * `npm run release`: packages the service with a placeholder for each parameter, and writes the template and archives of
 * a release to dist/release, or the folder that is given. Prints their paths.
 */
async function release(target: string): Promise<void> {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { readonly version: string };
  const service = parseDocument(await readFile('serverless.yml', 'utf8'));
  const parameters = readStackParameters(service).map((parameter, index) => ({
    ...parameter,
    placeholder: placeholderOf(parameter, index),
  }));
  for (const { name, placeholder } of parameters) service.setIn(['params', 'default', name], placeholder);
  // The parameter has the same values allowed.
  service.setIn(['custom', 'sinks', 'zzsinkzz'], 'zzsinkzz');

  const folder = await mkdtemp(join(tmpdir(), 'prom-emf-release-'));
  try {
    await packageService(folder, String(service));
    const packaged = join(folder, '.serverless');
    const archives = await archivesIn(packaged, version);
    const text = await readFile(join(packaged, 'cloudformation-template-update-stack.json'), 'utf8');
    const template = releaseTemplate({
      template: JSON.parse(text) as Template,
      stage: STAGE,
      parameters,
      archives,
      version,
    });
    await mkdir(target, { recursive: true });
    const templateFile = join(target, `prom-emf-${version}.template.json`);
    await writeFile(templateFile, `${JSON.stringify(template, null, 1)}\n`);
    for (const [packed, released] of Object.entries(archives))
      await copyFile(join(packaged, packed), join(target, released));
    const files = [templateFile, ...Object.values(archives).map((name) => join(target, name))];
    process.stdout.write(`${files.join('\n')}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function placeholderOf({ name, default: preset }: StackParameter, index: number): string | number {
  if (typeof preset === 'string') return `zz${name.toLowerCase()}zz`;
  return name === 'logRetentionDays' ? RETENTION : NUMBERS + index;
}

/** `serverless package` over another serverless.yml, in a folder of its own and without an AWS account. */
async function packageService(folder: string, service: string): Promise<void> {
  const left = ['serverless.yml', '.serverless', 'dist', '.git'];
  for (const name of (await readdir('.')).filter((each) => !left.includes(each)))
    await symlink(join(process.cwd(), name), join(folder, name));
  // osls packs files, no links.
  await cp('dist/functions', join(folder, 'dist/functions'), { recursive: true });
  await writeFile(join(folder, 'serverless.yml'), service);
  const serverless = createRequire(join(process.cwd(), 'package.json')).resolve('serverless/bin/serverless.js');
  const env = { PATH: process.env.PATH, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' };
  await run(process.execPath, [serverless, 'package', '--stage', STAGE], { cwd: folder, env }).catch((error) => {
    throw new Error(`serverless package: ${error.stdout}${error.stderr}`, { cause: error });
  });
}

/**
 * The released names of the archives. CloudFormation only sees new code under a new key, so a name tells what the archive
 * holds.
 */
async function archivesIn(packaged: string, version: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(packaged)).filter((name) => name.endsWith('.zip')).sort();
  const released = names.map(async (name) => {
    const hash = createHash('sha256')
      .update(await readFile(join(packaged, name)))
      .digest('hex');
    return [name, `prom-emf-${version}-${name.slice(0, -'.zip'.length)}-${hash.slice(0, 12)}.zip`] as const;
  });
  return Object.fromEntries(await Promise.all(released));
}

const [, , target = 'dist/release'] = process.argv;
await release(target).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
