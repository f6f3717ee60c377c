import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { agentConfigSchema } from '../../lib/cloudwatch/agent-config.ts';
import { compileEmissionRules } from '../../lib/cloudwatch/emission-rules.ts';
import { MAX_LINE_BYTES } from '../../lib/cloudwatch/limits.ts';
import { optionsSchema } from '../../lib/cloudwatch/options.ts';
import { parseDocument } from '../../lib/document/document.ts';
import { ConfigError } from '../../lib/document/problem.ts';
import { readDocument } from '../../lib/document/schema.ts';
import { compileFamily, planTargets, readFamily } from '../../lib/documents.ts';
import { formatReport, type ScrapeReport } from '../../lib/explain/report.ts';
import { addressGuard, LOOPBACK_NETWORKS } from '../../lib/io/address-guard.ts';
import { httpScrape } from '../../lib/io/http.ts';
import { memoryStateStore } from '../../lib/io/state-store.ts';
import { parsePrometheusConfig } from '../../lib/prometheus/scrape-config.ts';
import { renderFamilies } from '../../lib/render.ts';
import { runScrape } from '../../lib/scrape.ts';
import { emfValidator } from '../emf-validator.ts';
import { rulePacks } from './compose.ts';
import { readLines } from './lines.ts';
import type { Outcome, Topic } from './topic.ts';

type RecordedAttack = {
  id: string;
  kind: 'body' | 'http' | 'config';
  verdict: 'reject' | 'accept' | 'either' | 'landing';
  max_s: number;
};

/** gen.mjs of the data folder: makes the bodies and configurations, and serves bodies and routes on loopback. */
type Generator = {
  readonly bodies: Readonly<Record<string, () => Buffer>>;
  readonly configs: Readonly<Record<string, () => string>>;
  readonly routes: Record<string, (...parameters: unknown[]) => unknown>;
  readonly serve: () => Promise<{ port: number; close: () => void }>;
};

/**
 * Hostile bodies, servers and configurations. The bound of 256 MB of memory is not checked: in this process the
 * generator, its server and every other case share the heap.
 */
export const topic: Topic = {
  name: 'hostile',
  run: async (folder) => {
    const generator = (await import(pathToFileURL(join(folder, 'gen.mjs')).href)) as Generator;
    const cases = await readLines<RecordedAttack>(folder);
    const landings = watchLandings(
      generator,
      cases.filter(({ verdict }) => verdict === 'landing'),
    );
    const server = await generator.serve();
    try {
      const outcomes = new Map<string, Outcome>();
      const attack = async (recorded: RecordedAttack) => {
        outcomes.set(recorded.id, await runCase(recorded, generator, server.port));
      };
      // Routes mostly wait, so all at once; the others one after the other, for the sake of their times.
      await Promise.all(cases.filter(({ kind, verdict }) => kind === 'http' && verdict !== 'landing').map(attack));
      for (const recorded of cases.filter(({ kind }) => kind !== 'http')) await attack(recorded);
      return cases.map(({ id }) => outcomes.get(id) ?? landingOutcome(id, landings));
    } finally {
      server.close();
    }
  },
};

/** The landing pages that were reached. */
function watchLandings({ routes }: Generator, pages: readonly RecordedAttack[]): ReadonlySet<string> {
  const reached = new Set<string>();
  for (const { id } of pages) {
    const answer = routes[id];
    routes[id] = (...parameters) => {
      reached.add(id);
      return answer?.(...parameters);
    };
  }
  return reached;
}

function landingOutcome(id: string, reached: ReadonlySet<string>): Outcome {
  if (!reached.has(id)) return { case: id, outcome: 'passed' };
  return { case: id, outcome: 'failed', detail: 'reached through a redirect' };
}

async function runCase(recorded: RecordedAttack, generator: Generator, port: number): Promise<Outcome> {
  const { id, kind, verdict, max_s } = recorded;
  const startedAt = performance.now();
  try {
    const config = generator.configs[id];
    const attack: Judgement | Promise<Judgement> =
      kind === 'config'
        ? { detail: configFault(id, config?.() ?? '', verdict) }
        : scrapeVerdict(recorded, generator, port);
    const { detail, reason } = await attack;
    const seconds = (performance.now() - startedAt) / 1000;
    const late = seconds > max_s ? `took ${seconds.toFixed(1)} s of at most ${max_s} s` : undefined;
    const polluted = Object.hasOwn(Object.prototype, 'polluted') ? 'Object.prototype is polluted' : undefined;
    const fault = detail ?? late ?? polluted;
    if (fault !== undefined) return { case: id, outcome: 'failed', detail: fault };
    return reason === undefined ? { case: id, outcome: 'passed' } : { case: id, outcome: 'skipped', reason };
  } catch (error) {
    return { case: id, outcome: 'failed', detail: (error as Error).stack ?? String(error) };
  }
}

const NAMESPACE = 'conformance';

const EVERYTHING = JSON.stringify({
  logs: {
    metrics_collected: {
      prometheus: {
        emf_processor: {
          metric_namespace: NAMESPACE,
          metric_declaration: [
            { source_labels: ['job'], label_matcher: '.*', dimensions: [['job']], metric_selectors: ['.*'] },
          ],
        },
      },
    },
  },
});

/** A name other than that of the landing pages, so that they are on another host. */
const HOST = 'localhost';
const SMALL_BYTES = 2 ** 20;

/** What is wrong; without it, why the verdict was not asked for. */
type Judgement = { readonly detail: string | undefined; readonly reason?: string };

async function scrapeVerdict({ id, verdict }: RecordedAttack, generator: Generator, port: number): Promise<Judgement> {
  const config = readFamily('hostile', {
    prometheus: {
      address: 'prometheus.yaml',
      text: JSON.stringify({
        scrape_configs: [
          {
            job_name: 'hostile',
            scrape_timeout: '5s',
            metrics_path: `/${id}`,
            static_configs: [{ targets: [`${HOST}:${port}`] }],
          },
        ],
      }),
    },
    agent: { address: 'agent.json', text: EVERYTHING },
  });
  const targets = await planTargets(config, 0, [], async () => []);
  const lines: string[] = [];
  const ports = {
    scrape: httpScrape({ guard: addressGuard(LOOPBACK_NETWORKS) }),
    state: memoryStateStore(),
    summary: () => {},
    sink: async (documents: Iterable<{ line: string }>) => {
      for (const { line } of documents) lines.push(line);
    },
    clock: Date.now,
  };
  const body = generator.bodies[id]?.() ?? Buffer.alloc(0);
  // Counters are written from the second scrape on. Large bodies are scraped once, since max_s is for one scrape.
  const rounds = body.length < SMALL_BYTES ? 2 : 1;
  const started = Date.now();
  let report: ScrapeReport | undefined;
  for (let round = 1; round <= rounds; round += 1) {
    const input = { families: [compileFamily(config, '')], targets, dueAt: started + round, shard: 'case' };
    report = await runScrape(input, { ...ports, nonce: () => String(round) });
    if (report.targets[0]?.up !== true) break;
  }
  const tooLarge = verdict === 'accept' && report?.targets[0]?.up !== true ? lineBeyond64Bits(body) : undefined;
  // A case that is decided otherwise is held to that decision.
  const held = tooLarge === undefined ? verdict : 'reject';
  const detail = lineFault(lines) ?? verdictFault(held, report, lines.length) ?? echoFault(report, body);
  if (detail !== undefined || tooLarge === undefined) return { detail };
  const error = report?.targets[0]?.error ?? '';
  return error.startsWith(`line ${tooLarge}, `)
    ? { detail: undefined, reason: BEYOND_64_BITS }
    : { detail: `expected the number in line ${tooLarge} to be refused, found ${error}` };
}

const BEYOND_64_BITS =
  'a number beyond 64-bit floats is a parse error, as in Prometheus: nothing of the body is emitted, and the error names its line';

/** The first line whose value is a decimal number that no 64-bit float can hold. */
function lineBeyond64Bits(body: Buffer): number | undefined {
  const index = body
    .toString()
    .split('\n')
    .findIndex((line) => {
      const [value = ''] = line.replace(/^[^{\s]*(?:\{.*\})?\s*/, '').split(/\s/, 1);
      const isDecimal = !line.startsWith('#') && /^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(value);
      return isDecimal && Math.abs(Number(value)) === Number.POSITIVE_INFINITY;
    });
  return index === -1 ? undefined : index + 1;
}

function verdictFault(
  verdict: RecordedAttack['verdict'],
  report: ScrapeReport | undefined,
  lines: number,
): string | undefined {
  const [target] = report?.targets ?? [];
  if (verdict === 'accept' && target?.up !== true) return `rejected: ${target?.error}`;
  if (verdict !== 'reject') return undefined;
  if (target?.up !== false) return `accepted, with ${lines} lines written`;
  if (lines > 0) return `rejected, but ${lines} lines were written`;
  return (target.error ?? '') === '' ? 'rejected without a reason' : undefined;
}

type Envelope = { readonly _aws?: { readonly CloudWatchMetrics?: readonly { readonly Namespace?: unknown }[] } };

/** Every line is one valid EMF document of the configured namespace, short enough not to be torn. */
function lineFault(lines: readonly string[]): string | undefined {
  const validate = emfValidator({ nowMs: Date.now() });
  for (const line of lines) {
    const shown = JSON.stringify(line.slice(0, 200));
    const [fault] = validate(line);
    if (fault !== undefined) return `${fault}: ${shown}`;
    if (Buffer.byteLength(line) > MAX_LINE_BYTES) return `a torn line: ${shown}`;
    const document = JSON.parse(line) as Envelope;
    const directives = document._aws?.CloudWatchMetrics ?? [];
    if (directives.length === 0) return `a line without a metric directive: ${shown}`;
    if (directives.some(({ Namespace }) => Namespace !== NAMESPACE)) return `a forged namespace: ${shown}`;
  }
  return undefined;
}

/** What a body holds may be quoted in part and escaped; what looks like a secret may not. */
function echoFault(report: ScrapeReport | undefined, body: Buffer): string | undefined {
  if (report === undefined) return 'no report';
  const text = formatReport(report);
  const errors = [...report.targets.map(({ error = '' }) => error), ...report.faults.map(({ reason }) => reason)];
  if (errors.some((error) => /[\u0000-\u001f\u007f]/.test(error) || error.length > 1003))
    return `an error that is not one printable line: ${JSON.stringify(errors)}`;
  if (text.split('\n').some((line) => line.startsWith('{'))) return 'a line of the report starts like a document';
  const secrets = [...body.subarray(0, 10_000).toString().matchAll(SECRET), ...text.matchAll(SECRET)];
  const echoed = secrets.find(([, secret = '']) => text.includes(secret));
  return echoed === undefined ? undefined : `the report echoes ${JSON.stringify(echoed[1])}: ${errors.join(' ')}`;
}

const SECRET = /(?:token|secret|password)"?\s*[:=]\s*"?([\w-]+)/gi;

/** Feeds a configuration to the reader it is meant for: the first word of its id. */
function configFault(id: string, text: string, verdict: RecordedAttack['verdict']): string | undefined {
  const [kind = ''] = id.split('-');
  const read = READERS.get(kind);
  if (read === undefined) return `no reader for ${kind}`;
  try {
    read(text);
    return verdict === 'reject' ? 'accepted' : undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (error.message.length > 100_000) return `an error of ${error.message.length} characters`;
    return verdict === 'accept' ? `rejected: ${error.message}` : undefined;
  }
}

const READERS: ReadonlyMap<string, (text: string) => unknown> = new Map([
  ['yaml', (text: string) => parsePrometheusConfig(parseDocument(text, 'prometheus.yaml', 'text'))],
  ['json', readAgent],
  [
    'compose',
    (text: string) => renderFamilies([{ file: 'compose.yaml', text }], { cluster: 'test', rulePacks, environment: {} }),
  ],
]);

/** Compiles the rules too, and has each decide on a name that backtracking would not get over. */
function readAgent(text: string): void {
  const agent = readDocument(agentConfigSchema, parseDocument(text, 'agent.json'));
  const options = readDocument(optionsSchema, parseDocument('{}', 'options'));
  const rules = compileEmissionRules(agent, options, 'test');
  rules.wants(`kafka_${'a_'.repeat(40)}x`);
}
