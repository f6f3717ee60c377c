import { type Placeholder, withReferences } from './placeholder.ts';
import type { StackParameter } from './stack-parameters.ts';
import type { Template, Value } from './template.ts';

/** A template to be released: packaged with placeholders for the parameters, and what they stand for. */
export type Packaged = {
  readonly template: Template;
  readonly stage: string;
  readonly parameters: readonly (StackParameter & { readonly placeholder: string | number })[];
  /** The names of the released archives by those of the packaged ones. */
  readonly archives: Readonly<Record<string, string>>;
  readonly version: string;
};

/** Without a value of these there is no stack; serverless.yml has placeholders for them. With the types that a form needs. */
const REQUIRED: Readonly<Record<string, Readonly<Record<string, Value>>>> = {
  clusters: { Type: 'String', MinLength: 1 },
  vpc: { Type: 'AWS::EC2::VPC::Id' },
  subnets: { Type: 'List<AWS::EC2::Subnet::Id>' },
};
/** How a form shows the parameters. What is in none of them comes last. */
const GROUPS: readonly { readonly label: string; readonly names: readonly string[] }[] = [
  { label: 'What', names: ['Stage', 'clusters', 'remoteClusters', 'clusterRoles', 'taskEvents', 'secrets'] },
  { label: 'Network of scrape', names: ['vpc', 'subnets', 'routeTables', 'securityGroup', 's3PrefixList'] },
  { label: 'Targets', names: ['peerRanges', 'allowedNetworks'] },
  { label: 'Where metrics are written', names: ['sink', 'logGroup', 'logRetentionDays'] },
  {
    label: 'Operation',
    names: ['selfMetrics', 'alarms', 'alarmTopic', 'heartbeatMinutes', 'maxTargetsDown', 'dashboard'],
  },
  { label: 'Sites', names: ['discover', 'sites', 'siteBuckets', 'siteQueues'] },
  { label: 'Code', names: ['CodeBucket', 'CodePrefix'] },
];
/** What osls adds for its own deployments. */
const OF_OSLS = /^ServerlessDeploymentBucket/;

/**
 * The template that CloudFormation can deploy by itself: every parameter of serverless.yml is one of the template, and
 * code comes from a bucket of yours.
 * @throws {Error} for a use of a parameter that CloudFormation could not follow.
 */
export function releaseTemplate({ template, stage, parameters, archives, version }: Packaged): Template {
  const declared = template.Parameters ?? {};
  const isList = (name: string) => /^(List<|CommaDelimitedList)/.test(String(declared[name]?.Type));
  const placeholders: readonly Placeholder[] = [
    { parameter: 'Stage', value: stage, isList: false },
    ...parameters.map(({ name, placeholder }) => {
      const parameter = capitalised(name);
      return { parameter, value: placeholder, isList: isList(parameter) };
    }),
  ];
  const kept = <T>(section: Readonly<Record<string, T>>) => Object.entries(section).filter(([id]) => !OF_OSLS.test(id));
  const convert = <T>(section: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(
      kept(section).map(([id, each]) => {
        try {
          return [id, withReferences(each as Value, placeholders) as T];
        } catch (error) {
          throw new Error(`${id}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
        }
      }),
    );
  const resources = kept(template.Resources).map(
    ([id, resource]) => [id, withReleasedCode(resource, archives)] as const,
  );
  return {
    AWSTemplateFormatVersion: template.AWSTemplateFormatVersion,
    Description: `prom-emf ${version}: Prometheus endpoints of ECS tasks to CloudWatch metrics`,
    Metadata: { 'AWS::CloudFormation::Interface': { ParameterGroups: groupsOf(parameters) } },
    Parameters: {
      Stage: STAGE,
      ...Object.fromEntries(parameters.map((each) => parameterOf(each, declared[capitalised(each.name)]))),
      ...CODE,
    },
    Conditions: convert(template.Conditions ?? {}),
    Resources: convert(Object.fromEntries(resources)),
    Outputs: convert(template.Outputs ?? {}),
  };
}

const STAGE = {
  Type: 'String',
  Default: 'dev',
  AllowedPattern: '[a-z0-9][a-z0-9-]{0,25}',
  Description:
    'Part of every name, so that stages live side by side in one account: lower-case letters, digits and hyphens, at most 26 characters.',
};

const CODE = {
  CodeBucket: {
    Type: 'String',
    MinLength: 1,
    Description: 'The bucket that holds the archives of the functions, in the region of the stack.',
  },
  CodePrefix: {
    Type: 'String',
    Default: '',
    Description: 'What the keys of the archives in it begin with, such as prom-emf/. Empty: nothing.',
  },
};

function parameterOf(
  { name, default: preset, description }: StackParameter,
  declared: Readonly<Record<string, Value>> = { Type: typeof preset === 'number' ? 'Number' : 'String' },
): readonly [string, Readonly<Record<string, Value>>] {
  if (String(preset).includes('${'))
    throw new Error(
      `params.default.${name}: a default of CloudFormation has no references; make it empty, with a condition`,
    );
  return [capitalised(name), { ...(REQUIRED[name] ?? { ...declared, Default: preset }), Description: description }];
}

function groupsOf(parameters: readonly StackParameter[]): readonly Value[] {
  const named = new Set(GROUPS.flatMap(({ names }) => names));
  const others = { label: 'More', names: parameters.map(({ name }) => name).filter((name) => !named.has(name)) };
  return [...GROUPS, others]
    .filter(({ names }) => names.length > 0)
    .map(({ label, names }) => ({ Label: { default: label }, Parameters: names.map(capitalised) }));
}

function withReleasedCode(
  resource: Template['Resources'][string],
  archives: Packaged['archives'],
): Template['Resources'][string] {
  if (resource.Type !== 'AWS::Lambda::Function') return resource;
  const properties = resource.Properties as { readonly Code: { readonly S3Key: string } } & Record<string, Value>;
  const packed = properties.Code.S3Key.slice(properties.Code.S3Key.lastIndexOf('/') + 1);
  const released = archives[packed];
  if (released === undefined)
    throw new Error(`expected an archive ${packed}, found ${Object.keys(archives).join(', ')}`);
  const Code = { S3Bucket: { Ref: 'CodeBucket' }, S3Key: { 'Fn::Sub': `\${CodePrefix}${released}` } };
  return { ...resource, Properties: { ...properties, Code } };
}

function capitalised(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
