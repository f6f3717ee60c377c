import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTargets } from '../lib/cluster-targets.ts';
import { parseDocument } from '../lib/document/document.ts';
import { compileFamily, planFamilies, readFamily } from '../lib/documents.ts';
import type { ScrapeReport } from '../lib/explain/report.ts';
import { addressGuard, PRIVATE_NETWORKS } from '../lib/io/address-guard.ts';
import { folderDocumentStore } from '../lib/io/folder-documents.ts';
import { httpScrape } from '../lib/io/http.ts';
import { recordedEcs } from '../lib/io/recorded-ecs.ts';
import { memoryStateStore } from '../lib/io/state-store.ts';
import { streamSink } from '../lib/io/stdout-sink.ts';
import { publishFamilies } from '../lib/publish.ts';
import { readRulePacks, renderFamilies } from '../lib/render.ts';
import { runScrape } from '../lib/scrape.ts';
import { packs } from '../rules/index.ts';
import { printReport } from './scrape.ts';
import type { Command } from './usage.ts';

const HELP = `Usage: prom-emf demo

The main job on built-in examples: compose files to documents, recorded ECS tasks to targets, recorded exporters
over real HTTP to EMF lines on stdout, twice, so that counters move. Needs no AWS account.
`;

const CLUSTER = 'prod';
const COMPOSE_FILES = ['connect.yaml', 'kafdrop.yaml', 'nginx.yaml'];
/** Which recorded body each discovered address serves. */
const EXPORTERS: ReadonlyMap<string, string> = new Map([
  ['10.0.1.7:1234', 'kafka-connect'],
  ['10.0.1.8:1234', 'java'],
  ['10.0.1.9:9113', 'nginx'],
]);
const ROUNDS = [1, 2];
const MINUTE_MS = 60_000;

export const demo: Command = {
  name: 'demo',
  summary: 'run the main job on built-in examples (npm start)',
  help: HELP,
  run: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'prom-emf-'));
    say(`1. Documents from ${COMPOSE_FILES.join(', ')} (examples/compose), written to ${folder}`);
    await renderExamples(folder);
    const stored = await folderDocumentStore(folder).read(CLUSTER);
    const configs = stored.map(({ family, texts }) => readFamily(family, texts));

    const recorded = parseDocument(await example('tasks.json'), 'examples/tasks.json');
    const found = await findTargets(configs, { name: CLUSTER }, recordedEcs(recorded), { nowMs: Date.now() });
    const groupsOf = (document: number) => found.discoveries[document]?.targets ?? [];
    const targets = await planFamilies(configs, groupsOf, async () => []);
    const addresses = new Set(targets.map(({ labels }) => labels.get('__address__')));
    say(`2. Targets in cluster ${CLUSTER} (examples/tasks.json): ${[...addresses].join(', ')}`);

    let round = 1;
    const servers = await startExporters(() => round);
    for (const [address, server] of servers) say(`   ${address} is played by 127.0.0.1:${portOf(server)}`);
    const ports = {
      scrape: httpScrape({
        guard: addressGuard(PRIVATE_NETWORKS),
        connect: (host, port) => dial(servers, `${host}:${port}`),
      }),
      state: memoryStateStore(),
      sink: streamSink(process.stdout),
      summary: (report: ScrapeReport) => printReport(report, false),
      clock: Date.now,
      nonce: randomUUID,
    };
    const families = configs.map((config) => compileFamily(config, CLUSTER));
    const startedAt = Date.now() - MINUTE_MS;
    try {
      for (round of ROUNDS) {
        say(`3.${round} Scrape ${round} of ${ROUNDS.length}: EMF lines on stdout`);
        const dueAt = startedAt + (round - 1) * MINUTE_MS;
        await runScrape({ families, targets, dueAt, shard: 'demo' }, ports);
      }
    } finally {
      for (const server of servers.values()) server.close();
    }
    say('Done. In a Lambda these lines become metrics in namespace ECS/ContainerInsights/Prometheus.');
    return 0;
  },
};

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function example(name: string): Promise<string> {
  return readFile(fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)), 'utf8');
}

async function renderExamples(folder: string): Promise<void> {
  const files = COMPOSE_FILES.map(async (file) => ({
    file: `examples/compose/${file}`,
    text: await example(`compose/${file}`),
  }));
  const rulePacks = readRulePacks(packs);
  const { families } = renderFamilies(await Promise.all(files), { cluster: CLUSTER, rulePacks, environment: {} });
  await publishFamilies(families, folderDocumentStore(folder), { cluster: CLUSTER });
}

/** One HTTP server an exporter, each answering with the body recorded in this round. */
async function startExporters(round: () => number): Promise<ReadonlyMap<string, Server>> {
  const started = [...EXPORTERS].map(async ([address, name]): Promise<[string, Server]> => {
    const bodies = await Promise.all(ROUNDS.map((n) => example(`exporters/${name}.${n}.prom`)));
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(bodies[round() - 1]);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return [address, server];
  });
  return new Map(await Promise.all(started));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function dial(servers: ReadonlyMap<string, Server>, address: string) {
  const server = servers.get(address);
  if (server === undefined) throw new Error(`no exporter plays ${address}`);
  return connect(portOf(server), '127.0.0.1');
}
