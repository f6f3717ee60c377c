import { beforeAll, describe, expect, test } from 'vitest';
import { packageService } from './packaged-service.ts';
import { resolveTemplate, type Template } from './resolved-template.ts';

let template: Template;
beforeAll(async () => {
  ({ template } = await packageService(['--stage', 'b', '--param=vpc=vpc-0a1b2c3d']));
}, 120_000);

describe('a site', () => {
  const siteOf = () => resolveTemplate(template, { Discover: 'off', RouteTables: 'rtb-0a1b2c3d' });

  test('has what scrape needs, its alarms, and nothing else', () => {
    const { Resources } = siteOf();
    const ofOsls = /^ServerlessDeploymentBucket/;
    const ids = Object.keys(Resources).filter((id) => !ofOsls.test(id));
    const expected = [
      ...['Bucket', 'BucketPolicy', 'DeadLetterQueue', 'S3Endpoint', 'ScrapeEventSourceMappingSQSShardQueue'],
      ...['ScrapeLambdaFunction', 'ScrapeLogGroup', 'ScrapeRole', 'ScrapeSecurityGroup', 'ShardQueue'],
      ...['DeadLettersAlarm', 'EmfErrorsAlarm', 'HeartbeatAlarm', 'MessageAgeAlarm', 'ScrapeErrorsAlarm'],
      'TargetsDownAlarm',
    ];
    expect(ids.sort()).toEqual(expected.sort());
    expect(Resources.Bucket.Properties).not.toHaveProperty('NotificationConfiguration');
  });

  test('says in its outputs what the stack that feeds it is given', () => {
    const { Outputs } = siteOf();
    expect(JSON.parse(Outputs.Site.Value)).toEqual({
      name: 'b',
      vpc_ids: ['vpc-0a1b2c3d'],
      queue_name: 'ShardQueue.QueueName',
      bucket: 'Bucket',
    });
    expect(Outputs).toMatchObject({
      SiteBucket: { Value: 'Bucket.Arn' },
      SiteQueue: { Value: 'ShardQueue.Arn' },
    });
    expect(Object.keys(resolveTemplate(template).Outputs).filter((name) => name.startsWith('Site'))).toEqual([]);
  });
});

describe('a stack that feeds sites', () => {
  type Statement = {
    readonly Sid: string;
    readonly Action: unknown;
    readonly Resource: unknown;
    readonly Condition?: unknown;
  };
  const statements = (parameters: Readonly<Record<string, string>>): readonly Statement[] =>
    resolveTemplate(template, parameters).Resources.DiscoverRole.Properties.Policies[0].PolicyDocument.Statement;
  const ofSites = (parameters: Readonly<Record<string, string>>) =>
    statements(parameters).filter(({ Sid }) => Sid.endsWith('OfSites'));

  test('may write their plans and secrets and send to their queues', () => {
    const SiteBuckets = 'arn:aws:s3:::b,arn:aws:s3:::c';
    const SiteQueues = 'arn:aws:sqs:eu-west-1:000000000000:b,arn:aws:sqs:eu-west-1:000000000000:c';
    expect(ofSites({ SiteBuckets, SiteQueues })).toMatchObject([
      { Action: ['s3:GetObject', 's3:PutObject'], Resource: ['arn:aws:s3:::b/plans/*', 'arn:aws:s3:::c/plans/*'] },
      { Action: 's3:PutObject', Resource: ['arn:aws:s3:::b/secrets/*', 'arn:aws:s3:::c/secrets/*'] },
      {
        Action: 's3:ListBucket',
        Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::c'],
        Condition: { StringLike: { 's3:prefix': 'plans/*' } },
      },
      { Action: ['sqs:GetQueueUrl', 'sqs:SendMessage'], Resource: SiteQueues.split(',') },
    ]);
  });

  test('has no such rights without sites', () => {
    expect(ofSites({})).toEqual([]);
  });
});
