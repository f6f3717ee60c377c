import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundleFiles } from '../package/packaged-service.ts';
import {
  deployedFunction,
  STACK_FUNCTIONS as functions,
  runDeployed,
  type StackFunction,
} from './parts/deployed-stack.ts';
import { type FunctionPart, startFunction } from './parts/function.ts';
import { keeping } from './parts/kept.ts';
import { type MotoPart, startMoto } from './parts/moto.ts';
import { seedNetwork } from './parts/moto-seeds.ts';
import { cached, childEnvironment } from './parts/program.ts';

const run = promisify(execFile);

const stage = 'real';
const region = 'eu-west-1';
const parameters = {
  clusters: 'prod',
  subnets: 'subnet-00000000000000000',
  securityGroup: 'sg-00000000000000000',
  allowedNetworks: '127.0.0.0/8',
};

// A folder of its own: npm run package may be at work in the repository at the same time.
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'prom-emf-package-test-'));
  await serverless('package', {});
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('serverless package', () => {
  const unpacked = (name: string) => join(folder, 'unpacked', name);
  beforeAll(async () => {
    for (const name of functions) {
      mkdirSync(unpacked(name), { recursive: true });
      const extract = ['-m', 'zipfile', '-e', join(folder, `${name}.zip`), unpacked(name)];
      await run(cached('venv', 'bin', 'python'), extract);
    }
  });

  let part: FunctionPart | undefined;
  afterEach(() => part?.stop());

  it.each(functions)('puts the bundle of %s into its archive, and nothing else', (name) => {
    const files = readdirSync(unpacked(name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(unpacked(name), join(entry.parentPath, entry.name)));
    expect(files.sort()).toEqual(bundleFiles(name));
    for (const path of files) expect(readFileSync(join(unpacked(name), path)).equals(readFileSync(path))).toBe(true);
  });

  it.each([
    ['config', 'config-compose-inline.json', { families: [{ family: 'connect' }], written: [] }],
    ['discover', 'discover-recorded.json', { targets: expect.any(Array) }],
    ['scrape', 'scrape-static.json', { outcome: 'emitted', metrics: 3 }],
  ] as const)('packs %s so that it runs from its archive', async (name, eventFile, response) => {
    part = await startFunction({ bundleDir: unpacked(name), handler: propertiesOf(name).Handler });
    const event: unknown = JSON.parse(readFileSync(join('events', eventFile), 'utf8'));
    expect(await part.invoke(event)).toMatchObject({ kind: 'response', response });
  });

  it.each(functions)('asks for the runtime and architecture of %s that its bundle is made for', (name) => {
    expect(propertiesOf(name)).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
  });

  it('writes a template without a finding of cfn-lint', async () => {
    const template = join(folder, 'cloudformation-template-update-stack.json');
    // A finding is an exit status of its own; `run` throws with what was printed.
    const { stdout } = await run(cached('venv', 'bin', 'cfn-lint'), [template], { timeout: 60_000 });
    expect(stdout.trim()).toBe('');
  });
});

describe('serverless deploy, against a real AWS protocol', () => {
  let moto: MotoPart;
  const { kept } = keeping();
  beforeAll(async () => {
    moto = await kept(startMoto());
    await serverless('deploy', moto.environment);
  });

  it.each(functions)('deploys the archive of %s', async (name) => {
    const archive = readFileSync(join(folder, `${name}.zip`));
    expect(await deployedFunction({ moto, stage }, name)).toMatchObject({
      Runtime: 'nodejs24.x',
      Handler: `dist/functions/${name}/handler.handler`,
      CodeSha256: createHash('sha256').update(archive).digest('base64'),
    });
  });

  it('gives the functions the environment in which they find one another', async () => {
    const metrics = await runDeployed({ moto, stage }, await seedNetwork(moto.client), kept);
    expect(metrics.map(({ name }) => name)).toContain(
      'kafka_connect_connect_worker_metrics_connector_total_task_count',
    );
    const own = (name: string) =>
      metrics.find((metric) => metric.name === name && metric.namespace === 'PromEmf')?.value;
    // By stage, as the alarms read them.
    expect([own('TargetsDown'), own('TargetsUp')]).toEqual([0, undefined]);
    expect(own('SamplesEmitted')).toBeGreaterThan(0);
    const { BUCKET_PREFIX } = (await deployedFunction({ moto, stage }, 'scrape')).Environment.Variables;
    const Bucket = `${BUCKET_PREFIX}-123456789012-${region}`;
    await new S3Client(moto.client).send(new HeadBucketCommand({ Bucket }));
  });
});

/** Packages into the folder, or deploys what is packaged there, with no credentials but those given. */
async function serverless(command: 'package' | 'deploy', environment: Readonly<Record<string, string>>): Promise<void> {
  const values = Object.entries(parameters).map(([name, value]) => `--param=${name}=${value}`);
  const args = ['serverless', command, '--package', folder, '--stage', stage, '--region', region, ...values];
  await run('npx', args, { env: { ...withoutAws(), ...environment }, timeout: 120_000 });
}

type FunctionProperties = {
  readonly Handler: string;
  readonly Runtime: string;
  readonly Architectures: readonly string[];
};

/** What the template says of a function. */
function propertiesOf(name: StackFunction): FunctionProperties {
  const template = JSON.parse(readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8')) as {
    readonly Resources: Readonly<Record<string, { readonly Properties: FunctionProperties }>>;
  };
  const logicalId = `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;
  const resource = template.Resources[logicalId];
  if (resource === undefined) throw new Error(`there is no ${logicalId} in the template`);
  return resource.Properties;
}

/** The environment without credentials or a region, as on a machine that knows no AWS account. */
function withoutAws(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(childEnvironment()).filter(([name]) => !name.startsWith('AWS_')));
}
