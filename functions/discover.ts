import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { findTargets, type ListedTargets, listTargets } from '../lib/cluster-targets.ts';
import { type DiscoverReport, newMemory, runDiscover } from '../lib/discover.ts';
import { parseDocument } from '../lib/document/document.ts';
import { ConfigError, formatProblem, type Problem, printable } from '../lib/document/problem.ts';
import { type FamilyConfig, isLeftToAgent, readFamily } from '../lib/documents.ts';
import { createEcs } from '../lib/io/ecs.ts';
import { recordedEcs } from '../lib/io/recorded-ecs.ts';
import { s3PlanStore, s3SecretStore, s3Texts, s3VersionedTexts } from '../lib/io/s3.ts';
import { secretsManagerSecrets } from '../lib/io/secrets-manager.ts';
import { sqsQueue } from '../lib/io/sqs.ts';
import { ssmDocumentReader } from '../lib/io/ssm-documents.ts';
import { ssmSecrets } from '../lib/io/ssm-secrets.ts';
import type { FamilyDocuments } from '../lib/ports.ts';
import { bucketName, clusters, setting } from './environment.ts';
import { inlineTexts } from './inline-documents.ts';
import { reportErrors } from './report-errors.ts';

/** The schedule's event, or documents and recorded tasks inline: then the targets are returned and nothing is queued. */
export type DiscoverEvent = {
  readonly scheduled_time?: string;
  readonly cluster?: string;
  readonly documents?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly tasks?: unknown;
};

export type DiscoverResult = { readonly reports: readonly DiscoverReport[] } | ListedTargets;

const ecs = createEcs();
const memory = newMemory();
/** Clients, and the queue's address, outlive an invocation. Inline events need none of them. */
let warm: ReturnType<typeof openPorts> | undefined;

function openPorts(bucket: string) {
  const s3 = new S3Client({});
  const ports = {
    ecs,
    plans: s3PlanStore(s3, bucket),
    layouts: s3VersionedTexts(s3, bucket, 'layouts'),
    secretSources: { parameter: ssmSecrets(), secret: secretsManagerSecrets() },
    secrets: s3SecretStore(s3, bucket),
    nonce: randomUUID,
    queue: sqsQueue(new SQSClient({}), setting('QUEUE_NAME')),
    clock: Date.now,
  };
  const objects = s3Texts(() => s3);
  return { store: ssmDocumentReader(new SSMClient({}), setting('DOCUMENTS_PREFIX'), objects), ports };
}

async function discover(event: DiscoverEvent, context: Context): Promise<DiscoverResult> {
  if (event.documents !== undefined) return discoverInline(event);
  const scheduled = event.scheduled_time === undefined ? Date.now() : Date.parse(event.scheduled_time);
  if (Number.isNaN(scheduled))
    throw new Error(`expected scheduled_time as an ISO time, found ${JSON.stringify(event.scheduled_time)}`);
  warm ??= openPorts(bucketName(context));
  const { store, ports } = warm;
  const reports: DiscoverReport[] = [];
  const errors: unknown[] = [];
  for (const cluster of clusters()) {
    try {
      const stored = await store.read(cluster.name);
      const families = readable(stored);
      if (families.length === 0) throw new Error(noDocuments(cluster.name, stored.length));
      reports.push(await runDiscover(families, cluster, ports, { dueAt: scheduled, memory }));
    } catch (error) {
      errors.push(error);
      process.stderr.write(`cluster ${cluster.name}: ${printable(String(error))}\n`);
    }
  }
  for (const report of reports) process.stderr.write(`${JSON.stringify(report)}\n`);
  // One failing cluster harms no other; only when none could be read has the work failed.
  if (errors.length > 0 && reports.length === 0) throw errors[0];
  return { reports };
}

function noDocuments(cluster: string, families: number): string {
  const path = `${setting('DOCUMENTS_PREFIX')}/${cluster}/`;
  if (families > 0)
    return `none of the ${families} families under ${path} is scraped: each has errors (see above) or an agent of its own`;
  return `there are no documents under ${path}; render them there, or correct the parameter clusters`;
}

/** The families whose documents can be used; what is wrong with others is told and harms nobody else. */
function readable(stored: readonly FamilyDocuments[]): FamilyConfig[] {
  return stored.flatMap(({ family, texts, problems }) => {
    tell(problems);
    // A family without documents is being created or deleted.
    if (problems.some(({ severity }) => severity === 'error') || Object.keys(texts).length === 0) return [];
    try {
      if (isLeftToAgent(texts)) return [];
      return [readFamily(family, texts)];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      tell(error.problems);
      return [];
    }
  });
}

function tell(problems: readonly Problem[]): void {
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
}

async function discoverInline({ documents = {}, tasks, cluster }: DiscoverEvent): Promise<ListedTargets> {
  if (cluster === undefined) throw new Error('expected the name of the cluster in "cluster"');
  const families = Object.entries(documents).map(([family, texts]) => readFamily(family, inlineTexts(family, texts)));
  const recorded = recordedEcs(parseDocument(JSON.stringify(tasks ?? {}), 'event.tasks'));
  const found = await findTargets(families, { name: cluster }, recorded, new Map());
  return listTargets(families, found);
}

export const handler = middy<DiscoverEvent, DiscoverResult>().use(reportErrors()).handler(discover);
