import { beforeAll, describe, expect, test } from 'vitest';
import { PRIVATE_NETWORKS } from '../../lib/io/address-guard.ts';
import { packageService } from './packaged-service.ts';
import { type Resolved, resolveTemplate, type Template } from './resolved-template.ts';

let template: Template;
beforeAll(async () => {
  ({ template } = await packageService());
}, 120_000);

function resolve(parameters: Readonly<Record<string, string>>): Resolved['Resources'] {
  return resolveTemplate(template, parameters).Resources;
}

type Rule = { readonly CidrIp?: string; readonly CidrIpv6?: string; readonly DestinationPrefixListId?: string };

describe('the security group of scrape', () => {
  test('is made by the stack unless one is given', () => {
    const made = resolve({});
    expect(made.ScrapeLambdaFunction.Properties.VpcConfig.SecurityGroupIds).toEqual(['ScrapeSecurityGroup.GroupId']);
    expect(made.ConfigLambdaFunction.Properties.Environment.Variables.SCRAPE_SECURITY_GROUPS).toBe(
      'ScrapeSecurityGroup.GroupId',
    );
    expect(resolveTemplate(template).Outputs.ScrapeSecurityGroup.Value).toBe('ScrapeSecurityGroup.GroupId');
  });

  test('is the one that is given, or several', () => {
    const parameters = { SecurityGroup: 'sg-0a1b2c3d,sg-1a1b2c3d' };
    const given = resolve(parameters);
    expect(given).not.toHaveProperty('ScrapeSecurityGroup');
    expect(given.ScrapeLambdaFunction.Properties.VpcConfig.SecurityGroupIds).toEqual(['sg-0a1b2c3d', 'sg-1a1b2c3d']);
    expect(given.ConfigLambdaFunction.Properties.Environment.Variables.SCRAPE_SECURITY_GROUPS).toBe(
      'sg-0a1b2c3d,sg-1a1b2c3d',
    );
    expect(resolveTemplate(template, parameters).Outputs).not.toHaveProperty('ScrapeSecurityGroup');
  });

  test.each([
    { peers: '', expected: [] },
    { peers: '192.0.2.0/24', expected: ['192.0.2.0/24'] },
    {
      peers: '192.0.2.0/24,2001:db8::/32,198.51.100.0/24,2001:db8:1::/48',
      expected: ['192.0.2.0/24', '2001:db8::/32', '198.51.100.0/24', '2001:db8:1::/48'],
    },
  ])('lets out to S3, the private ranges and "$peers"', ({ peers, expected }) => {
    const group = resolve({ PeerRanges: peers, Vpc: 'vpc-0a1b2c3d', S3PrefixList: 'pl-0a1b2c3d' }).ScrapeSecurityGroup;
    expect(group.Properties).toMatchObject({ VpcId: 'vpc-0a1b2c3d' });
    const [s3, ...exporters] = group.Properties.SecurityGroupEgress as readonly Rule[];
    expect(s3).toMatchObject({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, DestinationPrefixListId: 'pl-0a1b2c3d' });
    for (const rule of exporters) expect(rule).toMatchObject({ IpProtocol: 'tcp', FromPort: 1, ToPort: 65535 });
    const networks = exporters.flatMap(({ CidrIp, CidrIpv6 }) => [CidrIp ?? [], CidrIpv6 ?? []].flat());
    expect(networks).toEqual([...PRIVATE_NETWORKS, ...expected]);
    for (const { CidrIpv6 } of exporters) if (CidrIpv6 !== undefined) expect(CidrIpv6).toContain(':');
    for (const { CidrIp } of exporters) if (CidrIp !== undefined) expect(CidrIp).not.toContain(':');
  });

  test('lets nothing in', () => {
    const resources = Object.values(resolve({}));
    expect(resources.find(({ Type }) => Type === 'AWS::EC2::SecurityGroup').Properties).not.toHaveProperty(
      'SecurityGroupIngress',
    );
    expect(resources.filter(({ Type }) => Type === 'AWS::EC2::SecurityGroupIngress')).toEqual([]);
  });

  test('is refused by EC2 with a fifth network, which is told why', () => {
    const peers = ['192.0.2.0/26', '192.0.2.64/26', '192.0.2.128/26', '192.0.2.192/26', '198.51.100.0/24'];
    const rules = resolve({ PeerRanges: peers.join(',') }).ScrapeSecurityGroup.Properties.SecurityGroupEgress;
    expect(rules.at(-1).CidrIp).toBe('peerRanges has more than four networks, give a securityGroup: 198.51.100.0/24');
  });
});

describe('the endpoint of S3', () => {
  test('is there already unless route tables are given', () => {
    expect(resolve({})).not.toHaveProperty('S3Endpoint');
  });

  test('lets through to the bucket of the stack and no other', () => {
    const { S3Endpoint } = resolve({ RouteTables: 'rtb-0a1b2c3d,rtb-1a1b2c3d', Vpc: 'vpc-0a1b2c3d' });
    expect(S3Endpoint.Properties).toEqual({
      VpcEndpointType: 'Gateway',
      ServiceName: 'com.amazonaws.eu-west-1.s3',
      VpcId: 'vpc-0a1b2c3d',
      RouteTableIds: ['rtb-0a1b2c3d', 'rtb-1a1b2c3d'],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'BucketOfTheStack',
            Effect: 'Allow',
            Principal: '*',
            Action: ['s3:GetObject', 's3:PutObject', 's3:ListBucket'],
            Resource: ['Bucket.Arn', 'Bucket.Arn/*'],
          },
        ],
      },
    });
  });

  test('lets through what ScrapeRole may do there, and no more', () => {
    type Statement = { readonly Effect: string; readonly Action: string | readonly string[] };
    const resources = resolve({ RouteTables: 'rtb-0a1b2c3d' });
    const actionsOf = (statements: readonly Statement[]) =>
      statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action);
    const [policy] = resources.ScrapeRole.Properties.Policies;
    const ofScrape = actionsOf(policy.PolicyDocument.Statement).filter((action) => action.startsWith('s3:'));
    const ofEndpoint = actionsOf(resources.S3Endpoint.Properties.PolicyDocument.Statement);
    expect(new Set(ofEndpoint)).toEqual(new Set(ofScrape));
  });

  test('is the only endpoint, and nothing leads out of the VPC otherwise', () => {
    const resources = Object.values(resolve({ RouteTables: 'rtb-0a1b2c3d' }));
    const network = resources.map(({ Type }) => String(Type)).filter((type) => type.startsWith('AWS::EC2::'));
    expect(network.sort()).toEqual(['AWS::EC2::SecurityGroup', 'AWS::EC2::VPCEndpoint']);
  });
});

describe('the log group of scrape', () => {
  const logging = (parameters: Readonly<Record<string, string>>) => {
    const { Resources, Outputs } = resolveTemplate(template, parameters);
    const [policy] = Resources.ScrapeRole.Properties.Policies;
    type Statement = { readonly Sid: string; readonly Action: unknown; readonly Resource: unknown };
    const statements: readonly Statement[] = policy.PolicyDocument.Statement;
    return {
      config: Resources.ScrapeLambdaFunction.Properties.LoggingConfig,
      output: Outputs.ScrapeLogGroup.Value,
      rights: statements.filter(({ Sid }) => ['WriteLog', 'MakeLogGroup'].includes(Sid)),
    };
  };

  test('is its own by default', () => {
    const LogGroup = '/aws/lambda/prom-emf-dev-scrape';
    const { config, output, rights } = logging({});
    expect(config).toEqual({ LogFormat: 'Text', LogGroup });
    expect(output).toBe(LogGroup);
    expect(rights).toMatchObject([{ Sid: 'WriteLog', Resource: 'ScrapeLogGroup.Arn' }]);
  });

  test("may be an agent's, which Lambda makes where it is missing", () => {
    const LogGroup = '/aws/ecs/containerinsights/prod/prometheus';
    const { config, output, rights } = logging({ LogGroup });
    expect(config).toEqual({ LogFormat: 'Text', LogGroup });
    expect(output).toBe(LogGroup);
    const arn = `arn:aws:logs:eu-west-1:000000000000:log-group:${LogGroup}`;
    expect(rights).toMatchObject([
      { Sid: 'WriteLog', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: `${arn}:*` },
      { Sid: 'MakeLogGroup', Action: 'logs:CreateLogGroup', Resource: [arn, `${arn}:*`] },
    ]);
  });
});
