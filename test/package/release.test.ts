import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleFiles, FUNCTIONS, packageService } from './packaged-service.ts';
import { type Resolved, resolveTemplate, type Template } from './resolved-template.ts';
import { zipEntries } from './zip-entries.ts';

const run = promisify(execFile);
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const PACKAGING_MS = 120_000;

let folder: string;
let printed: string;
let template: Template & { readonly Metadata: unknown };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'prom-emf-release-test-'));
  ({ stdout: printed } = await run(process.execPath, ['dist/packaging/main.js', folder]));
  template = JSON.parse(readFileSync(join(folder, `prom-emf-${version}.template.json`), 'utf8'));
}, PACKAGING_MS);
afterAll(() => rmSync(folder, { recursive: true }));

describe('a release', () => {
  test('is a template and an archive for each function, whose paths are printed', () => {
    const files = readdirSync(folder);
    expect(printed.trim().split('\n').sort()).toEqual(files.map((name) => join(folder, name)).sort());
    expect(files.map((name) => name.replace(/-[0-9a-f]{12}\.zip$/, '-HASH.zip')).sort()).toEqual([
      ...FUNCTIONS.map((name) => `prom-emf-${version}-${name}-HASH.zip`),
      `prom-emf-${version}.template.json`,
    ]);
  });

  test.each(FUNCTIONS)('has the bundle of %s under a name that changes with it', (name) => {
    const file = readdirSync(folder).find((each) => each.startsWith(`prom-emf-${version}-${name}-`)) ?? '';
    const archive = readFileSync(join(folder, file));
    const hash = createHash('sha256').update(archive).digest('hex').slice(0, 12);
    expect(file).toBe(`prom-emf-${version}-${name}-${hash}.zip`);
    const entries = zipEntries(archive);
    expect([...entries.keys()].sort()).toEqual(bundleFiles(name));
    for (const [path, contents] of entries) expect(contents.equals(readFileSync(path))).toBe(true);
  });

  test('has no placeholder left', () => {
    expect(JSON.stringify(template)).not.toMatch(/zz|\b3653\b|987654/);
  });

  test('asks for nothing that has no description and is in no group of the form', () => {
    const names = Object.keys(template.Parameters ?? {});
    for (const parameter of Object.values(template.Parameters ?? {})) {
      const { Description } = parameter as { readonly Description?: string };
      expect(Description).toMatch(/^[A-Z].*\S$/);
      expect(Description?.length).toBeLessThanOrEqual(4000);
    }
    type Form = {
      readonly 'AWS::CloudFormation::Interface': {
        readonly ParameterGroups: readonly { readonly Parameters: readonly string[] }[];
      };
    };
    const { ParameterGroups } = (template.Metadata as Form)['AWS::CloudFormation::Interface'];
    expect(ParameterGroups.flatMap(({ Parameters }) => Parameters).sort()).toEqual(names.sort());
  });

  test('has no default for what only its owner knows', () => {
    const required = Object.entries(template.Parameters ?? {}).filter(([, { Default }]) => Default === undefined);
    expect(required.map(([name]) => name).sort()).toEqual(['Clusters', 'CodeBucket', 'Subnets', 'Vpc']);
  });
});

const REQUIRED = { clusters: 'prod,tools@eu-west-2', vpc: 'vpc-0a1b2c3d', subnets: 'subnet-0a1b2c3d,subnet-1a1b2c3d' };
const ALL = {
  ...REQUIRED,
  routeTables: 'rtb-0a1b2c3d,rtb-1a1b2c3d',
  securityGroup: 'sg-0a1b2c3d,sg-1a1b2c3d',
  s3PrefixList: 'pl-0a1b2c3d',
  peerRanges: '192.0.2.0/24,2001:db8::/32',
  allowedNetworks: '10.0.0.0/8',
  sink: 'logs',
  secrets: 'arn:x:ssm:eu-west-1:000000000000:parameter/a/*,arn:x:secretsmanager:eu-west-1:000000000000:secret:a-??????',
  logRetentionDays: '30',
  logGroup: '/aws/ecs/containerinsights/prod/prometheus',
  sites: '[{"name":"b","vpc_ids":["vpc-1a1b2c3d"],"queue_name":"prom-emf-b-shards","bucket":"prom-emf-b"}]',
  siteBuckets: 'arn:x:s3:::prom-emf-b,arn:x:s3:::prom-emf-c',
  siteQueues: 'arn:x:sqs:eu-west-1:000000000000:prom-emf-b-shards',
};

describe('what a release makes is what serverless deploy makes', () => {
  const capitalised = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

  test.each([
    { name: 'with what is required', stage: 'dev', parameters: REQUIRED },
    { name: 'with everything', stage: 'prod-eu', parameters: ALL },
  ])('$name', { timeout: PACKAGING_MS }, async ({ stage, parameters }) => {
    const args = Object.entries(parameters).map(([name, value]) => `--param=${name}=${value}`);
    const { template: deployed } = await packageService(['--stage', stage, ...args]);
    const values = Object.entries(parameters).map(([name, value]) => [capitalised(name), value]);
    const given = { ...Object.fromEntries(values), Stage: stage, CodeBucket: 'code' };
    const released = resolveTemplate(template, given);
    expect(comparable(released)).toEqual(comparable(resolveTemplate(deployed)));
    const site = resolveTemplate(template, { ...given, Discover: 'off' });
    expect(comparable(site)).toEqual(comparable(resolveTemplate(deployed, { Discover: 'off' })));
    expect(released.Resources.ScrapeLambdaFunction.Properties.Code).toEqual({
      S3Bucket: 'code',
      S3Key: expect.stringMatching(new RegExp(`^prom-emf-${version}-scrape-[0-9a-f]{12}\\.zip$`)),
    });
  });

  /** Without osls' own bucket and where the code is; a number that came from a parameter is a text. */
  function comparable({ Resources, Outputs }: Resolved) {
    const ofOsls = /^ServerlessDeploymentBucket/;
    const sections = [Resources, Outputs].map((section) =>
      Object.fromEntries(
        Object.entries(section)
          .filter(([id]) => !ofOsls.test(id))
          .map(([id, { Properties, ...rest }]) => {
            const { Code: _, ...others } = Properties ?? {};
            return [id, { ...rest, ...others }];
          }),
      ),
    );
    return JSON.parse(JSON.stringify(sections).replace(/"RetentionInDays":(\d+)/g, '"RetentionInDays":"$1"'));
  }
});
