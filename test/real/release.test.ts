import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  DescribeManagedPrefixListsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeployedStack, deployedFunction, runDeployed, STACK_FUNCTIONS } from './parts/deployed-stack.ts';
import { keeping } from './parts/kept.ts';
import { startMoto } from './parts/moto.ts';
import { type MotoNetwork, seedBucket, seedNetwork } from './parts/moto-seeds.ts';
import { cached } from './parts/program.ts';

const run = promisify(execFile);
const stage = 'released';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'prom-emf-release-test-'));
  await run(process.execPath, ['dist/packaging/main.js', folder]);
});
afterAll(() => rmSync(folder, { recursive: true }));

const fileOf = (pattern: RegExp) => join(folder, readdirSync(folder).find((name) => pattern.test(name)) ?? '');

it('writes a template without a finding of cfn-lint', async () => {
  const { stdout } = await run(cached('venv', 'bin', 'cfn-lint'), [fileOf(/template\.json$/)], { timeout: 60_000 });
  expect(stdout.trim()).toBe('');
});

describe('a stack of the released template, against a real AWS protocol', () => {
  let stack: DeployedStack;
  let network: MotoNetwork;
  let routeTables: readonly string[];
  let outputsOfSite: string;
  let ec2: EC2Client;
  const { kept } = keeping();

  beforeAll(async () => {
    const moto = await kept(startMoto());
    stack = { moto, stage };
    ec2 = new EC2Client(moto.client);
    network = await seedNetwork(moto.client);
    const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [network.subnetId] }));
    const vpc = Subnets?.[0]?.VpcId ?? '';
    const Filters = [{ Name: 'vpc-id', Values: [vpc] }];
    const { RouteTables = [] } = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
    routeTables = RouteTables.map(({ RouteTableId = '' }) => RouteTableId);
    const { PrefixLists = [] } = await ec2.send(new DescribeManagedPrefixListsCommand({}));
    const prefixList = PrefixLists.find(({ PrefixListName }) => PrefixListName === 'com.amazonaws.eu-west-1.s3');

    await seedBucket(moto.client, 'code');
    const s3 = new S3Client(moto.client);
    for (const Key of readdirSync(folder).filter((name) => name.endsWith('.zip')))
      await s3.send(
        new PutObjectCommand({ Bucket: 'code', Key: `prom-emf/${Key}`, Body: readFileSync(join(folder, Key)) }),
      );
    const common = {
      Clusters: 'prod',
      Vpc: vpc,
      Subnets: network.subnetId,
      S3PrefixList: prefixList?.PrefixListId ?? '',
      CodeBucket: 'code',
      CodePrefix: 'prom-emf/',
    };
    const own = { Stage: stage, RouteTables: routeTables.join(','), PeerRanges: '127.0.0.0/8,2001:db8::/32' };
    await createStack('prom-emf', { ...common, ...own });
    outputsOfSite = await createStack('prom-emf-site', { ...common, Stage: 'site', Discover: 'off' });
  });

  /** As `aws cloudformation create-stack` sends it; gives what the stack then says of itself. */
  async function createStack(StackName: string, parameters: Readonly<Record<string, string>>): Promise<string> {
    const { url } = stack.moto;
    const template = readFileSync(fileOf(/template\.json$/), 'utf8');
    const body = new URLSearchParams({
      Action: 'CreateStack',
      Version: '2010-05-15',
      StackName,
      TemplateBody: parameters.Discover === 'off' ? withoutExports(template) : template,
      'Capabilities.member.1': 'CAPABILITY_IAM',
    });
    for (const [index, [name, value]] of Object.entries(parameters).entries()) {
      body.set(`Parameters.member.${index + 1}.ParameterKey`, name);
      body.set(`Parameters.member.${index + 1}.ParameterValue`, value);
    }
    const scope = 'testing/20260101/eu-west-1/cloudformation/aws4_request';
    const headers = { authorization: `AWS4-HMAC-SHA256 Credential=${scope}` };
    const response = await fetch(url, { method: 'POST', body, headers });
    expect(await response.text()).toContain('<StackId>');
    const query = new URLSearchParams({ Action: 'DescribeStacks', Version: '2010-05-15', StackName });
    const described = await (await fetch(url, { method: 'POST', body: query, headers })).text();
    expect(described).toContain('<StackStatus>CREATE_COMPLETE</StackStatus>');
    return described;
  }

  it.each(STACK_FUNCTIONS)('has the released archive of %s', async (name) => {
    const archive = readFileSync(fileOf(new RegExp(`-${name}-`)));
    expect(await deployedFunction(stack, name)).toMatchObject({
      Handler: `dist/functions/${name}/handler.handler`,
      CodeSha256: createHash('sha256').update(archive).digest('base64'),
    });
  });

  // moto makes no egress rules of a template: test/package/network.test.ts reads them there.
  it('has a security group for scrape that lets nothing in, and that config knows', async () => {
    const { VpcConfig } = await deployedFunction(stack, 'scrape');
    const GroupIds = [...(VpcConfig?.SecurityGroupIds ?? [])];
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds }));
    const [group, ...others] = SecurityGroups;
    expect(others).toEqual([]);
    expect(group?.IpPermissions).toEqual([]);
    const { SCRAPE_SECURITY_GROUPS } = (await deployedFunction(stack, 'config')).Environment.Variables;
    expect(SCRAPE_SECURITY_GROUPS).toBe(group?.GroupId);
  });

  it('has an endpoint of S3 for its bucket alone', async () => {
    const { VpcEndpoints = [] } = await ec2.send(new DescribeVpcEndpointsCommand({}));
    expect(VpcEndpoints).toMatchObject([
      { VpcEndpointType: 'Gateway', ServiceName: 'com.amazonaws.eu-west-1.s3', RouteTableIds: routeTables },
    ]);
    const bucket = `arn:aws:s3:::prom-emf-${stage}-123456789012-eu-west-1`;
    const named = VpcEndpoints[0]?.PolicyDocument?.match(/arn:[^'"]*/g);
    expect(named).toEqual([bucket, `${bucket}/*`]);
  });

  it('has no discover and no config as a site, and says what the stack that feeds it is given', async () => {
    const site = { moto: stack.moto, stage: 'site' };
    await expect(deployedFunction(site, 'scrape')).resolves.toMatchObject({ Runtime: 'nodejs24.x' });
    for (const name of ['config', 'discover'] as const)
      await expect(deployedFunction(site, name)).rejects.toThrow('expected 404 to be 200');
    expect(outputsOfSite.replaceAll('&#34;', '"')).toContain(
      '"queue_name":"prom-emf-site-shards","bucket":"prom-emf-site-123456789012-eu-west-1"}',
    );
  });

  it('gives the functions the environment in which they find one another', async () => {
    const metrics = await runDeployed(stack, network, kept);
    expect(metrics.map(({ name }) => name)).toContain(
      'kafka_connect_connect_worker_metrics_connector_total_task_count',
    );
  });
});

/** moto makes an export of an output whose condition is false, and fails. CloudFormation makes neither. */
function withoutExports(template: string): string {
  const { Outputs, ...rest } = JSON.parse(template) as { readonly Outputs: Readonly<Record<string, object>> };
  const kept = Object.entries(Outputs).filter(([, output]) => !('Export' in output));
  return JSON.stringify({ ...rest, Outputs: Object.fromEntries(kept) });
}
