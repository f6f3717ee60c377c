import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { referencedFiles } from '../lib/compose-sources.ts';
import { formatProblem } from '../lib/document/problem.ts';
import { folderDocumentStore } from '../lib/io/folder-documents.ts';
import { s3Texts } from '../lib/io/s3.ts';
import { ssmDocumentStore } from '../lib/io/ssm-documents.ts';
import { SSM_RETRIES } from '../lib/io/ssm-parameters.ts';
import { ENGINES, type Rendered, readRulePacks, renderFamilies } from '../lib/render.ts';
import { parseRulePackText } from '../lib/rule-packs.ts';
import { packs } from '../rules/index.ts';
import { formatSizes, publishTo, sizesOf, type Target } from './publish.ts';
import { type Command, choose, parseOptions, readNamed, UsageError } from './usage.ts';

const COMPATS = ['compose-x'] as const;

const HELP = `Usage: prom-emf render COMPOSE... [OPTIONS]

Renders x-prometheus and x-prom-emf of compose files, merged in order, into a Prometheus configuration, a CloudWatch
agent configuration and an options document for each task family. A refused render writes nothing.

  --out DIR            write FAMILY/prometheus.yaml, agent.json and options.json there, and what goes with them:
                       dashboard.json, cloudformation.json (dashboard, alarms, scaling, saved queries, ingress, policies),
                       task-definition.json (containers to add), compose.override.yaml (the same for ECS Compose-X)
  --ssm PREFIX         write SSM parameters PREFIX/CLUSTER/FAMILY/{prometheus,agent,options}, and release beside them
                       (neither: one JSON document on stdout)
  --bucket NAME        with --ssm: S3 bucket for documents over 8 KB, under documents/
  --dry-run            write nothing; print what would change as a diff
  --project NAME       whose families these are (default: name: of the compose file)
  --prune              also delete the families of the project that are not rendered any more
  --cluster NAME       the ECS cluster (default: default)
  --engine lambda      what reads the documents: the prom-emf functions (lambda), or a CloudWatch agent beside the tasks
                       (agent), which then is in task-definition.json
  --rules FILE         a rule pack of your own; may be given several times
  --profile NAME       leave out services of other compose profiles; may be given several times
  --scraper-security-group ID   the group of the scrape function, for ingress
  --log-group NAME     log group of the added containers (default: /ecs/FAMILY)
  --region NAME        region of the metrics and logs (default: AWS_REGION; without, dashboard.json says us-east-1)
  --compat compose-x   documents and sidecars as ECS Compose-X 1.1.9 renders them
  --stack-id ID        with --compat: the first eight digits of the CloudFormation stack id
  --stack-name NAME    with --compat: the stack's name
  --json               addresses as a JSON list; warnings, sizes and outcomes as one line of JSON

Examples:
  prom-emf render compose.yaml --cluster prod --out documents
  prom-emf render compose.yaml --cluster prod --engine agent --out documents
  prom-emf render compose.yaml aws.yaml --cluster prod --ssm /prom-emf/dev
  prom-emf render compose.yaml --cluster prod --ssm /prom-emf/dev --project shop --prune --dry-run

A family changes as a whole or not at all, and one that fails harms no other.
Exit status: 0; 1 when a family could not be written; 2 usage or configuration error, each with its place.
`;

const OPTIONS = {
  out: { type: 'string' },
  ssm: { type: 'string' },
  bucket: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  project: { type: 'string' },
  prune: { type: 'boolean', default: false },
  cluster: { type: 'string', default: 'default' },
  engine: { type: 'string', default: 'lambda' },
  rules: { type: 'string', multiple: true },
  profile: { type: 'string', multiple: true },
  'scraper-security-group': { type: 'string' },
  'log-group': { type: 'string' },
  region: { type: 'string' },
  compat: { type: 'string' },
  'stack-id': { type: 'string' },
  'stack-name': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

export const render: Command = {
  name: 'render',
  summary: 'render compose files into documents',
  help: HELP,
  run: async (args) => {
    const { values, positionals } = parseOptions('render', args, OPTIONS);
    const { cluster, json } = values;
    if (positionals.length === 0)
      throw new UsageError('render needs a compose file; prom-emf render --help tells more');
    const settings = await settingsOf(values);
    const targets = targetsOf({ ...values, engine: settings.engine });
    const composeFiles = await Promise.all(positionals.map(async (file) => ({ file, text: await readNamed(file) })));
    const sources = { resolve: besideFile, read: readIfPresent };
    const files = await referencedFiles(composeFiles, settings.environment, sources);
    const rendered = renderFamilies(composeFiles, { ...settings, files });
    if (targets.length === 0) return printDocuments(rendered, json);
    const project = values.project ?? rendered.project;
    if (values.prune && project === undefined)
      throw new UsageError('--prune needs a project: give --project NAME, or write name: NAME in the compose file');
    const { prune, 'dry-run': dryRun } = values;
    return publishTo(targets, rendered, { cluster, project, prune, dryRun }, json);
  },
};

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>['values'];

/** What the options say about rendering. */
async function settingsOf(values: Values) {
  const { cluster, profile, ssm, 'log-group': taskLogGroup, 'stack-id': stackId, 'stack-name': stackName } = values;
  const { compat, 'scraper-security-group': scraperSecurityGroup } = values;
  const environment = definedVariables();
  const region = values.region ?? environment.AWS_REGION;
  return {
    cluster,
    engine: choose('--engine', values.engine, ENGINES),
    rulePacks: [...readRulePacks(packs), ...(await Promise.all((values.rules ?? []).map(readRulePack)))],
    environment,
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profiles: profile }),
    ...(ssm !== undefined && { documentsPrefix: ssm }),
    ...(scraperSecurityGroup !== undefined && { scraperSecurityGroup }),
    ...(taskLogGroup !== undefined && { taskLogGroup }),
    ...(compat !== undefined && { compat: choose('--compat', compat, COMPATS) }),
    ...(stackId !== undefined && { stackId }),
    ...(stackName !== undefined && { stackName }),
  };
}

type Places = {
  readonly out?: string | undefined;
  readonly ssm?: string | undefined;
  readonly bucket?: string | undefined;
  readonly cluster: string;
  readonly engine: (typeof ENGINES)[number];
  readonly 'dry-run': boolean;
  readonly prune: boolean;
};

/** Where the documents go. SSM comes first: it refuses more than a folder does. */
function targetsOf({ out, ssm, bucket, cluster, engine, ...values }: Places): readonly Target[] {
  for (const option of ['dry-run', 'prune'] as const)
    if (values[option] && out === undefined && ssm === undefined)
      throw new UsageError(`--${option} needs --out DIR or --ssm PREFIX to compare with`);
  if (bucket !== undefined && ssm === undefined) throw new UsageError('--bucket goes with --ssm PREFIX');
  const targets: Target[] = [];
  if (ssm !== undefined) {
    const objects = s3Texts(() => new S3Client({}));
    // An agent reads parameters alone: what is too large for one is refused.
    const spill = engine === 'agent' ? undefined : bucket;
    const store = ssmDocumentStore(new SSMClient(SSM_RETRIES), ssm, { objects, bucket: spill });
    targets.push({ name: `ssm:${ssm}/${cluster}`, store });
  }
  if (out !== undefined) targets.push({ name: out, store: folderDocumentStore(out) });
  return targets;
}

/** All documents as one, for a look without a place to write to. */
function printDocuments({ families, warnings }: Rendered, json: boolean): number {
  const sizes = Object.entries(sizesOf(families)).map(([family, each]) => `${family}: ${formatSizes(each)}`);
  const lines = [...warnings.map(formatProblem), ...sizes].map((line) => `${line}\n`).join('');
  process.stderr.write(json ? `${JSON.stringify({ warnings, sizes: sizesOf(families) })}\n` : lines);
  const documents = families.map(({ family, prometheus, agent, options }) => [family, { prometheus, agent, options }]);
  process.stdout.write(`${JSON.stringify(Object.fromEntries(documents), null, 2)}\n`);
  return 0;
}

async function readRulePack(file: string) {
  return parseRulePackText(await readNamed(file), file);
}

function besideFile(written: string, from: string): string {
  return isAbsolute(written) ? written : join(dirname(from), written);
}

function readIfPresent(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

function definedVariables(): Record<string, string> {
  const defined = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(defined);
}
