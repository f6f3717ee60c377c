import { describe, expect, test } from 'vitest';
import { type Packaged, releaseTemplate } from '../../packaging/release-template.ts';
import type { Template } from '../../packaging/template.ts';

const template: Template = {
  AWSTemplateFormatVersion: '2010-09-09',
  Parameters: { Subnets: { Type: 'CommaDelimitedList', Default: 'zzsubnetszz' } },
  Resources: {
    ServerlessDeploymentBucket: { Type: 'AWS::S3::Bucket' },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'zzstagezz-queue' } },
    ScrapeLambdaFunction: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Code: { S3Bucket: { Ref: 'ServerlessDeploymentBucket' }, S3Key: 'serverless/x/1/scrape.zip' },
        Timeout: 3653,
      },
    },
  },
};
const packaged: Packaged = {
  template,
  stage: 'zzstagezz',
  parameters: [
    { name: 'subnets', default: 'subnet-0', description: 'Where.', placeholder: 'zzsubnetszz' },
    { name: 'days', default: 14, description: 'How long.', placeholder: 3653 },
  ],
  archives: { 'scrape.zip': 'prom-emf-1.0.0-scrape-0a1b.zip' },
  version: '1.0.0',
};

describe('releaseTemplate', () => {
  const released = releaseTemplate(packaged);

  test('has the parameters of the service, with their types, and what is not required with its default', () => {
    expect(released.Parameters).toMatchObject({
      Stage: { Type: 'String', Default: 'dev' },
      Subnets: { Type: 'List<AWS::EC2::Subnet::Id>', Description: 'Where.' },
      Days: { Type: 'Number', Default: 14, Description: 'How long.' },
      CodeBucket: { Type: 'String' },
      CodePrefix: { Type: 'String', Default: '' },
    });
    expect(released.Parameters?.Subnets).not.toHaveProperty('Default');
  });

  test('refers to them, and takes code from a bucket of its owner', () => {
    expect(released.Resources).toEqual({
      Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Sub': '${Stage}-queue' } } },
      ScrapeLambdaFunction: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Code: {
            S3Bucket: { Ref: 'CodeBucket' },
            S3Key: { 'Fn::Sub': '${CodePrefix}prom-emf-1.0.0-scrape-0a1b.zip' },
          },
          Timeout: { Ref: 'Days' },
        },
      },
    });
  });

  test.each<{ readonly name: string; readonly change: Partial<Packaged>; readonly message: string }>([
    {
      name: 'an archive that is not there',
      change: { archives: { 'config.zip': 'x.zip' } },
      message: 'expected an archive scrape.zip, found config.zip',
    },
    {
      name: 'a parameter in a name',
      change: { template: { ...template, Resources: { Queue: { Type: 'T', Properties: { 'a-zzstagezz': 1 } } } } },
      message: 'Queue: expected a name that no parameter is part of, found "a-zzstagezz"',
    },
    {
      name: 'a default with references',
      change: {
        parameters: [{ name: 'roles', default: 'arn:${AWS::Partition}:iam', description: '', placeholder: 'zz' }],
      },
      message: 'params.default.roles: a default of CloudFormation has no references; make it empty, with a condition',
    },
  ])('refuses $name', ({ change, message }) => {
    expect(() => releaseTemplate({ ...packaged, ...change })).toThrow(message);
  });
});
