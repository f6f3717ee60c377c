import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { ConfigError } from '../../lib/document/problem.ts';
import { compileFamily, parseTargetGroups, planTargets, readFamily } from '../../lib/documents.ts';
import { addressGuard, LOOPBACK_NETWORKS } from '../../lib/io/address-guard.ts';
import { httpScrape } from '../../lib/io/http.ts';
import { memoryStateStore } from '../../lib/io/state-store.ts';
import { targetFiles } from '../../lib/io/target-files.ts';
import { runScrape } from '../../lib/scrape.ts';
import { emfValidator } from '../emf-validator.ts';
import { type Difference, excuseOf, type Published, refusalExcuse } from './agent-deviations.ts';
import type { Outcome, Topic } from './topic.ts';

/** What the CloudWatch agent publishes for a configuration and a sequence of scrapes, over real HTTP. */
export const topic: Topic = {
  name: 'agent',
  run: async (folder) => {
    const names = (await readdir(folder)).sort();
    const outcomes: Outcome[] = [];
    for (const name of names) outcomes.push(await runCase(name, join(folder, name)));
    return outcomes;
  },
};

type Meta = {
  port: number;
  serve?: boolean;
  content_type?: string | null;
  scrapes?: number;
  status?: Record<string, number>;
};

async function runCase(name: string, folder: string): Promise<Outcome> {
  const meta = JSON.parse(await readFile(join(folder, 'meta.json'), 'utf8')) as Meta;
  const scrapes = meta.scrapes ?? (await readdir(folder)).filter((file) => /^scrape-\d+\.prom$/.test(file)).length;
  const expectedText = await readFile(join(folder, 'expected.ndjson'), 'utf8').catch(() => '');
  const expected = expectedText
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as RecordedEvent);
  try {
    const written = await scrapeAll(folder, meta, scrapes);
    const found = written.map((lines) => lines.map((line) => JSON.parse(line) as Record<string, unknown>));
    // What is not EMF is no deviation.
    const [fault] = written.flat().flatMap(emfValidator({ nowMs: Date.now(), logEvents: true }));
    if (fault !== undefined) return { case: name, outcome: 'failed', detail: `not valid EMF: ${fault}` };
    const excuse = await excuseOf(folder);
    const reasons = new Set<string>();
    for (let scrape = 1; scrape <= scrapes; scrape += 1) {
      const recorded = expected.filter((event) => event.scrape === scrape).flatMap(({ event }) => publishedBy(event));
      const differences = differencesOf(scrape, recorded, (found[scrape - 1] ?? []).flatMap(publishedBy));
      const unexcused = differences.filter((difference) => excuse(difference) === undefined);
      if (unexcused.length > 0)
        return { case: name, outcome: 'failed', detail: `scrape ${scrape}: ${detailOf(unexcused)}` };
      for (const difference of differences) reasons.add(excuse(difference) ?? '');
    }
    if (reasons.size === 0) return { case: name, outcome: 'passed' };
    return { case: name, outcome: 'skipped', reason: `${[...reasons].join('; ')}; all else is equal` };
  } catch (error) {
    // A configuration that is an error here and publishes nothing there.
    if (error instanceof ConfigError && expected.length === 0) return { case: name, outcome: 'passed' };
    const reason = error instanceof ConfigError ? refusalExcuse(error) : undefined;
    if (reason !== undefined) return { case: name, outcome: 'skipped', reason };
    return { case: name, outcome: 'failed', detail: (error as Error).stack ?? String(error) };
  }
}

type RecordedEvent = { scrape: number; event: Record<string, unknown> };

/** The lines that each scrape writes. */
async function scrapeAll(folder: string, meta: Meta, scrapes: number): Promise<string[][]> {
  const text = (file: string) => readFile(join(folder, file), 'utf8');
  const config = readFamily('case', {
    prometheus: { address: join(folder, 'prometheus.yaml'), text: await text('prometheus.yaml') },
    agent: { address: join(folder, 'agent.json'), text: await text('agent.json') },
    options: { address: 'options', text: '{"profile":"cloudwatch-agent"}' },
  });
  const targets = await planTargets(config, 0, [], targetFiles(folder, parseTargetGroups));
  const families = [compileFamily(config, '')];
  const state = memoryStateStore();
  const scrape = httpScrape({ guard: addressGuard(LOOPBACK_NETWORKS) });
  const lines: string[][] = [];
  for (let round = 1; round <= scrapes; round += 1) {
    const server = await serve(folder, meta, round);
    const written: string[] = [];
    const dueAt = Date.now() + round;
    const ports = {
      scrape,
      state,
      clock: Date.now,
      nonce: () => String(round),
      summary: () => {},
      sink: async (documents: Iterable<{ line: string }>) =>
        void written.push(...Array.from(documents, ({ line }) => line)),
    };
    await runScrape({ families, targets, dueAt, shard: 'case' }, ports);
    lines.push(written);
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  }
  return lines;
}

/** Serves the body of a round; nothing listens where the case has none. */
async function serve(folder: string, meta: Meta, round: number): Promise<Server | undefined> {
  const path = join(folder, `scrape-${round}.prom`);
  const status = meta.status?.[String(round)] ?? 200;
  if (meta.serve === false || !existsSync(path)) return undefined;
  const body = await readFile(path);
  const headers: Record<string, string> =
    meta.content_type === null || meta.content_type === ''
      ? {}
      : { 'content-type': meta.content_type ?? 'text/plain; version=0.0.4; charset=utf-8' };
  const server = createServer((_, response) => response.writeHead(status, headers).end(body));
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(meta.port, '127.0.0.1', () => resolve(server));
  });
}

type Directive = {
  Namespace: string;
  Dimensions: string[][];
  Metrics: { Name: string; Unit?: string; StorageResolution?: number }[];
};

/** The metrics of an event, and its fields that are no metric: v0 has its directives at the root, v1 under _aws. */
function publishedBy(event: Record<string, unknown>): Published[] {
  const { CloudWatchMetrics, Timestamp: _, Version, _aws, ...fields } = event;
  const isRecorded = Version === '0';
  const envelope = isRecorded ? { CloudWatchMetrics } : (_aws as { CloudWatchMetrics?: unknown } | undefined);
  const directives = (envelope?.CloudWatchMetrics ?? []) as Directive[];
  const labels = Object.entries(isRecorded ? fields : withoutEnvelopeNames(event))
    .filter(([, value]) => typeof value === 'string')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const published = (name: string, metric: readonly unknown[]): Published => ({
    name,
    labels: Object.fromEntries(labels),
    text: `${JSON.stringify(metric)} ${JSON.stringify(labels)}`,
  });
  const inDirectives = directives.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.map(({ Name, Unit = '', StorageResolution = 60 }) => {
      const sets = Dimensions.map((names) => [...names].sort()).sort((a, b) =>
        JSON.stringify(a) < JSON.stringify(b) ? -1 : 1,
      );
      return published(Name, [Name, event[Name], Namespace, sets, Unit, StorageResolution]);
    }),
  );
  const named = new Set(directives.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name)));
  const plain = Object.entries(fields)
    .filter(([name, value]) => typeof value === 'number' && !named.has(name))
    .map(([name, value]) => published(name, [name, value]));
  return [...inDirectives, ...plain];
}

/** v0 cannot carry labels of its envelope's names; v1 can, so they are left out of the comparison. */
function withoutEnvelopeNames(event: Record<string, unknown>): Record<string, unknown> {
  const { CloudWatchMetrics: _c, Timestamp: _t, Version: _v, _aws, ...fields } = event;
  return fields;
}

function differencesOf(scrape: number, recorded: readonly Published[], found: readonly Published[]): Difference[] {
  const left = [...found];
  const absent = recorded.filter(({ text }) => {
    const index = left.findIndex((one) => one.text === text);
    if (index !== -1) left.splice(index, 1);
    return index === -1;
  });
  return [
    ...absent.map((metric) => ({ metric, scrape, by: 'agent', recorded }) as const),
    ...left.map((metric) => ({ metric, scrape, by: 'prom-emf', recorded }) as const),
  ];
}

function detailOf(differences: readonly Difference[]): string {
  const textOf = (wanted: Difference['by']) =>
    differences
      .filter(({ by }) => by === wanted)
      .map(({ metric }) => metric.text)
      .slice(0, 3)
      .join(' | ');
  return `not found: ${textOf('agent')}; not expected: ${textOf('prom-emf')}`;
}
