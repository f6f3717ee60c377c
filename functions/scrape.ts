import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { jsonLine } from '../lib/document/json-line.ts';
import { messageOf, printable } from '../lib/document/problem.ts';
import type { ScrapeReport } from '../lib/explain/report.ts';
import { scrapeMetrics } from '../lib/explain/scrape-metrics.ts';
import { summariseScrape } from '../lib/explain/scrape-summary.ts';
import { addressGuard, PRIVATE_NETWORKS } from '../lib/io/address-guard.ts';
import { CLIENT_TIMEOUTS } from '../lib/io/client-timeouts.ts';
import { httpScrape } from '../lib/io/http.ts';
import { parseRetentionDays } from '../lib/io/log-retention.ts';
import { s3PlanStore, s3SecretStore, s3StateStore } from '../lib/io/s3.ts';
import { streamSink } from '../lib/io/stdout-sink.ts';
import { targetFiles } from '../lib/io/target-files.ts';
import type { Sink } from '../lib/ports.ts';
import { runScrape, type ScrapePorts } from '../lib/scrape.ts';
import { scrapeMemory } from '../lib/scrape-memory.ts';
import { parseSecrets, type Secrets } from '../lib/secrets.ts';
import {
  compilePlan,
  inheritanceOf,
  type LoadedPlan,
  maxLateMs,
  parseShardMessage,
  type ShardMessage,
  shardKey,
  targetsOfMessage,
} from '../lib/shard-input.ts';
import { bucketName, listSetting } from './environment.ts';
import { reportErrors } from './report-errors.ts';
import type { DirectEvent } from './scrape-direct.ts';
import { selfSetting, writeSelfMetrics } from './self-metrics.ts';

const EXPECTED =
  'expected an SQS event or {"documents": {"FAMILY": {"prometheus": "...", "agent": "..."}}}, each document as text';

/** What is left to commit and write when the last request has to be over. */
const RESERVE_MS = 5000;
/** How much of that is for all but the report. */
const WRITE_MS = 4000;
/** Characters of a text in the summary; a label value may have any number. */
const MAX_LOGGED_TEXT = 300;
/** What a warm function knows of the label sets of its targets. */
const memory = scrapeMemory();
/** Compiled plans of a warm function. A plan never changes under its hash. */
const plans = new Map<string, LoadedPlan>();
/** Secrets of a warm function, which never change under their key either. */
const secrets = new Map<string, Secrets>();

let client: S3Client | undefined;
/** Made when the first message needs it: a direct event needs no AWS API. */
const s3 = () => (client ??= new S3Client(CLIENT_TIMEOUTS));
const common = { clock: Date.now, nonce: randomUUID };
const sinkUntil = sinkOf(process.env.SINK ?? 'stdout');

/**
 * The sink of an invocation, by the time its calls must be over (Unix ms). `stdout` needs no endpoint and no time;
 * `logs` writes to the log groups and streams that an agent would use. docs/sinks.md
 */
function sinkOf(name: string): (deadline?: number) => Sink {
  if (name === 'stdout') return () => streamSink(process.stdout);
  if (name === 'logs') {
    const retentionDays = parseRetentionDays(process.env.LOG_RETENTION_DAYS, 'LOG_RETENTION_DAYS');
    // What the default sink does not need is not loaded for it.
    const loaded = import('./logs-sink.ts');
    return (deadline) => async (documents) => (await loaded).sharedLogsSink({ retentionDays, deadline })(documents);
  }
  throw new Error(`environment variable SINK: expected stdout or logs, found ${JSON.stringify(name)}`);
}

async function scrape(event: SQSEvent | DirectEvent, context: Context): Promise<SQSBatchResponse | ScrapeReport> {
  if (typeof event !== 'object' || event === null) throw new Error(EXPECTED);
  if ('Records' in event) return scrapeMessages(event, context);
  if (typeof event.documents !== 'object' || event.documents === null) throw new Error(EXPECTED);
  // Documents in YAML come with such an event alone: a plan is read already.
  const { scrapeDirect } = await import('./scrape-direct.ts');
  return scrapeDirect(event, { ...common, sink: sinkUntil(), scrape: httpScrape({ guard: addressGuard(networks()) }) });
}

/** A message that cannot be used is told on stderr and handed back, so that it ends in the dead-letter queue. */
async function scrapeMessages(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const { messageId, body } of event.Records) {
    try {
      await scrapeShard(parseShardMessage(body), bucketName(context), deadlineOf(context));
    } catch (error) {
      process.stderr.write(`message ${messageId}: ${printable(messageOf(error) + remedyOf(error))}\n`);
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}

/** From the VPC there is no way to S3 but its gateway endpoint. */
function remedyOf(error: unknown): string {
  const isSilent = (error as Error).name === 'TimeoutError';
  return isSilent ? '; do the route tables of the subnets have the gateway endpoint of S3?' : '';
}

function deadlineOf(context: Context): number {
  return Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
}

async function scrapeShard(message: ShardMessage, bucket: string, deadline: number): Promise<void> {
  const startedAtMs = Date.now();
  const { configs, families } = await loadPlan(message.plan, bucket);
  const scrape = httpScrape({ guard: addressGuard(networks()) });
  const { sink, bytes } = measured(sinkUntil(deadline + WRITE_MS));
  const summary = async (report: ScrapeReport) => {
    const { cluster } = message;
    tell(report, cluster, families);
    const cycle = { cluster, startedAtMs, nowMs: Date.now(), bytes: bytes() };
    await writeSelfMetrics(() => scrapeMetrics(report, { ...selfSetting(), ...cycle }));
  };
  const ports: ScrapePorts = { ...common, sink, scrape, state: s3StateStore(s3(), bucket), summary };
  const targets = await targetsOfMessage(message, configs, targetFiles('/', parseTargetFile));
  const shard = shardKey(message);
  const slot = message.slot && { startMs: message.slot.start, lengthMs: message.slot.length };
  const inheritance = inheritanceOf(message);
  const secrets = await loadSecrets(message.secrets, bucket);
  const { joining } = message;
  const input = { families, targets, secrets, shard, inheritance, deadline, slot, joining, memory };
  await runScrape({ ...input, dueAt: message.due_at, maxLateMs: maxLateMs(slot?.lengthMs) }, ports);
}

/** The sink, and the bytes of the lines that it was given. */
function measured(sink: Sink): { readonly sink: Sink; readonly bytes: () => number } {
  let bytes = 0;
  function* weighed(documents: Parameters<Sink>[0]): Parameters<Sink>[0] {
    for (const document of documents) {
      bytes += Buffer.byteLength(document.line) + 1;
      yield document;
    }
  }
  return {
    sink: (documents) => sink(weighed(documents)),
    bytes: () => bytes,
  };
}

/** A file of targets, by the parser of YAML, which few need. */
const parseTargetFile: Parameters<typeof targetFiles>[1] = async (text, file) =>
  (await import('../lib/documents.ts')).parseTargetGroups(text, file);

/** One line, with more of the families whose agent configuration says `debug`. docs/operate.md */
function tell(report: ScrapeReport, cluster: string, families: LoadedPlan['families']): void {
  const debugged = families
    .filter(({ debug, family }) => debug && report.targets.some((target) => target.family === family))
    .map(({ family, rules }) => ({ family, declarations: [...rules.declarations.dimensionSets.keys()] }));
  process.stderr.write(`${jsonLine(summariseScrape(report, { cluster, debugged }), MAX_LOGGED_TEXT)}\n`);
}

/** What is missing costs the jobs that need it, and no other. */
async function loadSecrets(key: string | undefined, bucket: string): Promise<Secrets> {
  if (key === undefined) return new Map();
  const known = secrets.get(key);
  if (known !== undefined) return known;
  try {
    const text = await s3SecretStore(s3(), bucket).read(key);
    if (text === undefined) throw new Error(`they are not in bucket ${bucket}; discover writes them again`);
    const loaded = parseSecrets(text);
    secrets.clear();
    secrets.set(key, loaded);
    return loaded;
  } catch (error) {
    process.stderr.write(`${printable(`secrets ${key}: ${messageOf(error)}`)}\n`);
    return new Map();
  }
}

async function loadPlan(hash: string, bucket: string): Promise<LoadedPlan> {
  const known = plans.get(hash);
  if (known !== undefined) return known;
  const text = await s3PlanStore(s3(), bucket).read(hash);
  if (text === undefined)
    throw new Error(`plan ${hash} is not in bucket ${bucket}; discover writes it again at its next tick`);
  const plan = compilePlan(text);
  plans.clear();
  plans.set(hash, plan);
  return plan;
}

/** What targets may be in: the allowed networks or else the private ranges, and those of peered networks. */
function networks(): readonly string[] {
  const allowed = listSetting('ALLOWED_NETWORKS');
  return [...(allowed.length > 0 ? allowed : PRIVATE_NETWORKS), ...listSetting('PEER_RANGES')];
}

export const handler = middy<SQSEvent | DirectEvent, SQSBatchResponse | ScrapeReport>()
  .use(reportErrors())
  .handler(scrape);
