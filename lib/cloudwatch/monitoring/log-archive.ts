import type { Resource, TemplatePart } from './template-part.ts';

export const ARCHIVE_BUCKET_PARAMETER = 'ArchiveBucketName';
export const ARCHIVE_PREFIX_PARAMETER = 'ArchivePrefix';
/** Holds where a bucket is given. */
export const ARCHIVE_CONDITION = 'KeepsArchive';

/** A folder for each day (UTC) in which documents arrived, for Firehose to write and Athena to find. */
export const DAY_FOLDER = 'day';

/**
 * What carries the EMF documents of a log group to S3: a subscription and a Firehose stream that unpacks its records
 * into one document a line (gzip), at `PREFIX/day=yyyy-MM-dd/`. Nothing unless a bucket is given.
 */
export function renderLogArchive({ logGroupName }: { readonly logGroupName: string }): TemplatePart {
  return {
    Parameters: {
      [ARCHIVE_BUCKET_PARAMETER]: {
        Type: 'String',
        Default: '',
        Description: 'S3 bucket in which EMF documents are archived, for Athena; empty: nothing is archived',
      },
      [ARCHIVE_PREFIX_PARAMETER]: {
        Type: 'String',
        Default: 'prom-emf',
        AllowedPattern: '[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*',
        Description: 'Folder of the archive in the bucket',
      },
    },
    Conditions: { [ARCHIVE_CONDITION]: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: ARCHIVE_BUCKET_PARAMETER }, ''] }] } },
    Resources: {
      ArchiveRole: archiveRole(),
      ArchiveStream: archiveStream(),
      SubscriptionRole: subscriptionRole(),
      ArchiveSubscription: {
        Type: 'AWS::Logs::SubscriptionFilter',
        Condition: ARCHIVE_CONDITION,
        Properties: {
          LogGroupName: logGroupName,
          // EMF documents alone: not the function's own lines, nor summaries.
          FilterPattern: '{ $._aws.Timestamp > 0 }',
          DestinationArn: { 'Fn::GetAtt': ['ArchiveStream', 'Arn'] },
          RoleArn: { 'Fn::GetAtt': ['SubscriptionRole', 'Arn'] },
        },
      },
    },
  };
}

const bucketArn = { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::\${${ARCHIVE_BUCKET_PARAMETER}}` };

function archiveStream(): Resource {
  const Prefix = `\${${ARCHIVE_PREFIX_PARAMETER}}/${DAY_FOLDER}=!{timestamp:yyyy-MM-dd}/`;
  const ErrorOutputPrefix = `\${${ARCHIVE_PREFIX_PARAMETER}}-errors/!{firehose:error-output-type}/`;
  const ExtendedS3DestinationConfiguration = {
    BucketARN: bucketArn,
    RoleARN: { 'Fn::GetAtt': ['ArchiveRole', 'Arn'] },
    Prefix: { 'Fn::Sub': Prefix },
    ErrorOutputPrefix: { 'Fn::Sub': ErrorOutputPrefix },
    CompressionFormat: 'GZIP',
    BufferingHints: { IntervalInSeconds: 300, SizeInMBs: 64 },
    ProcessingConfiguration: { Enabled: true, Processors: PROCESSORS },
  };
  const Properties = { DeliveryStreamType: 'DirectPut', ExtendedS3DestinationConfiguration };
  return { Type: 'AWS::KinesisFirehose::DeliveryStream', Condition: ARCHIVE_CONDITION, Properties };
}

/** Source: Amazon Data Firehose, decompression and message extraction of CloudWatch Logs. */
const PROCESSORS = [
  { Type: 'Decompression', Parameters: [{ ParameterName: 'CompressionFormat', ParameterValue: 'GZIP' }] },
  { Type: 'CloudWatchLogProcessing', Parameters: [{ ParameterName: 'DataMessageExtraction', ParameterValue: 'true' }] },
] as const;

function archiveRole(): Resource {
  const folder = `arn:\${AWS::Partition}:s3:::\${${ARCHIVE_BUCKET_PARAMETER}}/\${${ARCHIVE_PREFIX_PARAMETER}}`;
  const forThisAccount = { StringEquals: { 'sts:ExternalId': { Ref: 'AWS::AccountId' } } };
  return role('firehose.amazonaws.com', forThisAccount, [
    { Action: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'], Resource: bucketArn },
    {
      Action: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
      Resource: [{ 'Fn::Sub': `${folder}/*` }, { 'Fn::Sub': `${folder}-errors/*` }],
    },
  ]);
}

function subscriptionRole(): Resource {
  const Resource = { 'Fn::GetAtt': ['ArchiveStream', 'Arn'] };
  const logs = 'arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:*';
  const forThisAccount = { StringLike: { 'aws:SourceArn': { 'Fn::Sub': logs } } };
  return role('logs.amazonaws.com', forThisAccount, [
    { Action: ['firehose:PutRecord', 'firehose:PutRecordBatch'], Resource },
  ]);
}

type Grant = { readonly Action: readonly string[]; readonly Resource: unknown };

/** A role that the service takes on for this account alone. Source: their guides' trust policies. */
function role(service: string, condition: Readonly<Record<string, unknown>>, grants: readonly Grant[]): Resource {
  const Statement = grants.map((grant) => ({ Effect: 'Allow', ...grant }));
  const trust = {
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Service: service },
    Condition: condition,
  };
  const Properties = {
    AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] },
    Policies: [{ PolicyName: 'archive', PolicyDocument: { Version: '2012-10-17', Statement } }],
  };
  return { Type: 'AWS::IAM::Role', Condition: ARCHIVE_CONDITION, Properties };
}
