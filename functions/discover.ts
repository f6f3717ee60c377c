import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import middy from '@middy/core';
import type { Context, SQSEvent } from 'aws-lambda';
import { findTargets, type ListedTargets, listTargets } from '../lib/cluster-targets.ts';
import { type DiscoverReport, newMemory, runDiscover } from '../lib/discover.ts';
import { parseDocument } from '../lib/document/document.ts';
import { jsonLine } from '../lib/document/json-line.ts';
import { printable } from '../lib/document/problem.ts';
import { readFamily } from '../lib/documents.ts';
import { discoverMetrics } from '../lib/explain/discover-metrics.ts';
import { summariseDiscovery } from '../lib/explain/discover-summary.ts';
import { CLIENT_TIMEOUTS } from '../lib/io/client-timeouts.ts';
import { createEcs } from '../lib/io/ecs.ts';
import { budgetedClients } from '../lib/io/ecs-clients.ts';
import { recordedEcs } from '../lib/io/recorded-ecs.ts';
import {
  s3PlanArchive,
  s3PlanStore,
  s3SecretStore,
  s3ShardLoads,
  s3SnapshotStore,
  s3Texts,
  s3VersionedTexts,
} from '../lib/io/s3.ts';
import { secretsManagerSecrets } from '../lib/io/secrets-manager.ts';
import { sqsQueue } from '../lib/io/sqs.ts';
import { ssmDocumentReader } from '../lib/io/ssm-documents.ts';
import { ssmSecrets } from '../lib/io/ssm-secrets.ts';
import { runJoin } from '../lib/join.ts';
import { mapBounded } from '../lib/map-bounded.ts';
import { collectPlans } from '../lib/plans.ts';
import { clusters } from './clusters.ts';
import { bucketName, setting } from './environment.ts';
import { familyDocuments, MAX_TRUSTED_MS } from './family-documents.ts';
import { inlineTexts } from './inline-documents.ts';
import { reportErrors } from './report-errors.ts';
import { selfSetting, writeSelfMetrics } from './self-metrics.ts';
import { openSites } from './sites.ts';
import { isTaskEvents, startedTasks } from './task-events.ts';

/** The schedule's event, or documents and recorded tasks inline: then the targets are returned and nothing is queued. */
export type DiscoverEvent = {
  readonly scheduled_time?: string;
  readonly cluster?: string;
  readonly documents?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly tasks?: unknown;
};

/** By cluster, how many targets among started tasks were queued. */
type JoinResult = { readonly joined: Readonly<Record<string, number>> };

export type DiscoverResult = { readonly reports: readonly DiscoverReport[] } | ListedTargets | JoinResult;

/** What a task that has just started is given until its exporter listens. */
const JOIN_DELAY_MS = 5000;

/** A cluster whose APIs are slow keeps no other waiting. */
const PARALLEL_CLUSTERS = 4;
/** What is left to store and send when the last request has to be made. */
const RESERVE_MS = 10_000;
/** When that is, in this invocation; Unix ms. */
let deadline = Number.POSITIVE_INFINITY;
const ecs = createEcs(budgetedClients(() => deadline));
const memory = newMemory();
/** Clients, and the queue's address, outlive an invocation. Inline events need none of them. */
let warm: ReturnType<typeof openPorts> | undefined;

function openPorts(bucket: string) {
  const s3 = new S3Client(CLIENT_TIMEOUTS);
  const sqs = new SQSClient(CLIENT_TIMEOUTS);
  const ports = {
    ecs,
    plans: s3PlanStore(s3, bucket),
    archive: s3PlanArchive(s3, bucket),
    layouts: s3VersionedTexts(s3, bucket, 'layouts'),
    snapshots: s3SnapshotStore(s3, bucket),
    loads: s3ShardLoads(s3, bucket),
    secretSources: { parameter: ssmSecrets(), secret: secretsManagerSecrets() },
    secrets: s3SecretStore(s3, bucket),
    nonce: randomUUID,
    queue: sqsQueue(sqs, setting('QUEUE_NAME')),
    clock: Date.now,
  };
  const objects = s3Texts(() => s3);
  const documents = setting('DOCUMENTS_PREFIX');
  const store = ssmDocumentReader(new SSMClient(CLIENT_TIMEOUTS), documents, objects);
  return {
    families: familyDocuments(store, Date.now, (cluster) => `${documents}/${cluster}/`),
    ports,
    sites: openSites(s3, sqs),
  };
}

async function discover(event: DiscoverEvent | SQSEvent, context: Context): Promise<DiscoverResult> {
  if (isTaskEvents(event)) return joinStarted(event, context);
  if (event.documents !== undefined) return discoverInline(event);
  const scheduled = event.scheduled_time === undefined ? Date.now() : Date.parse(event.scheduled_time);
  if (Number.isNaN(scheduled))
    throw new Error(`expected scheduled_time as an ISO time, found ${JSON.stringify(event.scheduled_time)}`);
  const { families, ports, sites } = portsOf(context);
  const all = clusters();
  const errors: unknown[] = [];
  const results = await mapBounded(all, PARALLEL_CLUSTERS, async (cluster) => {
    const startedAtMs = Date.now();
    let report: DiscoverReport | undefined;
    try {
      const documents = await families(cluster.name);
      report = await runDiscover(documents, cluster, ports, { dueAt: scheduled, clusters: all, sites, memory });
    } catch (error) {
      errors.push(error);
      process.stderr.write(`${printable(`cluster ${cluster.name}: ${error}`)}\n`);
    }
    const cycle = { cluster: cluster.name, dueAt: scheduled, elapsedMs: Date.now() - startedAtMs };
    await writeSelfMetrics(() => discoverMetrics(report, { ...selfSetting(), ...cycle }));
    return report;
  });
  const reports = results.filter((report) => report !== undefined);
  await collect(ports);
  for (const report of reports) process.stderr.write(`${jsonLine(summariseDiscovery(report))}\n`);
  // One failing cluster harms no other; only when none could be read has the work failed.
  if (errors.length > 0 && reports.length === 0) throw errors[0];
  return { reports };
}

/** Nothing depends on it, so that what fails is told and tried again hours later. */
async function collect({ archive, clock }: ReturnType<typeof openPorts>['ports']): Promise<void> {
  try {
    const collected = await collectPlans(archive, memory.plans, clock());
    if (collected > 0) process.stderr.write(`${collected} plans deleted that nobody has used for two days\n`);
  } catch (error) {
    process.stderr.write(`${printable(`plans cannot be collected: ${error}`)}\n`);
  }
}

function portsOf(context: Context) {
  deadline = Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
  warm ??= openPorts(bucketName(context));
  return warm;
}

/** What fails is told and not tried again: the next tick finds the tasks anyway. */
async function joinStarted(event: SQSEvent, context: Context): Promise<JoinResult> {
  const { families, ports, sites } = portsOf(context);
  const all = clusters();
  const joined: Record<string, number> = {};
  for (const [cluster, tasks] of startedTasks(event, all)) {
    try {
      const started = { tasks, dueAt: Date.now() + JOIN_DELAY_MS, clusters: all, sites, memory };
      const { targets, failures } = await runJoin(
        await families(cluster.name, MAX_TRUSTED_MS),
        cluster,
        ports,
        started,
      );
      joined[cluster.name] = targets;
      process.stderr.write(`${jsonLine({ cluster: cluster.name, started: tasks.length, targets, failures })}\n`);
    } catch (error) {
      process.stderr.write(`${printable(`cluster ${cluster.name}: tasks that have started: ${error}`)}\n`);
    }
  }
  return { joined };
}

async function discoverInline({ documents = {}, tasks, cluster }: DiscoverEvent): Promise<ListedTargets> {
  if (cluster === undefined) throw new Error('expected the name of the cluster in "cluster"');
  const families = Object.entries(documents).map(([family, texts]) => readFamily(family, inlineTexts(family, texts)));
  const recorded = recordedEcs(parseDocument(JSON.stringify(tasks ?? {}), 'event.tasks'));
  const found = await findTargets(families, { name: cluster }, recorded, { nowMs: Date.now() });
  return listTargets(families, found);
}

export const handler = middy<DiscoverEvent | SQSEvent, DiscoverResult>().use(reportErrors()).handler(discover);
