import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import * as v from 'valibot';
import { parseDocument } from '../../lib/document/document.ts';
import { ConfigError } from '../../lib/document/problem.ts';
import { readDocument } from '../../lib/document/schema.ts';
import { compileFamily, readOwnFamily } from '../../lib/documents.ts';
import { addressGuard } from '../../lib/io/address-guard.ts';
import { httpScrape, ScrapeError } from '../../lib/io/http.ts';
import { memoryStateStore } from '../../lib/io/state-store.ts';
import type { ScrapeResponse } from '../../lib/ports.ts';
import type { LabelPair } from '../../lib/prometheus/exposition.ts';
import { readExposition } from '../../lib/prometheus/exposition-reader.ts';
import { type Labels, labelsOf, METRIC_NAME, sortedPairs } from '../../lib/prometheus/labels.ts';
import { compileRelabel } from '../../lib/prometheus/relabel.ts';
import { relabelConfigOf, relabelConfigsSchema } from '../../lib/prometheus/relabel-schema.ts';
import { requestOf, type ScrapeRequest } from '../../lib/prometheus/request.ts';
import { withCredentials } from '../../lib/prometheus/request-credentials.ts';
import {
  countsBefore,
  joinLabels,
  relabelSamples,
  type Sample,
  type SampleCounts,
} from '../../lib/prometheus/samples.ts';
import type { ScrapeConfig } from '../../lib/prometheus/scrape-config.ts';
import {
  discoveredLabels,
  type ResolvedTarget,
  relabelTarget,
  resolveTargets,
  type ScrapeJob,
  TargetError,
} from '../../lib/prometheus/target.ts';
import { runScrape } from '../../lib/scrape.ts';
import { emfValidator } from '../emf-validator.ts';
import { recordedValue } from './exposition.ts';
import { readLines } from './lines.ts';
import type { Outcome, Topic } from './topic.ts';

type LabelObject = Readonly<Record<string, string>>;
type Recorded = RecordedManager | RecordedTarget | RecordedSampleLabels;

/** What Prometheus's scrape manager asks its targets for and makes of their answers. */
export const topic: Topic = {
  name: 'scrape',
  run: async (folder) => {
    const standIn = await startStandIn();
    try {
      const outcomes: Outcome[] = [];
      for (const recorded of await readLines<Recorded>(folder)) outcomes.push(await runCase(recorded, standIn));
      return outcomes;
    } finally {
      standIn.server.close();
    }
  },
};

async function runCase(recorded: Recorded, standIn: StandIn): Promise<Outcome> {
  if ('discovered' in recorded) return outcomeOf(recorded.id, targetFaultOf(recorded), unrecordable(recorded));
  if ('in' in recorded) return outcomeOf(recorded.id, sampleFaultOf(recorded), undefined);
  const detail = await managerFaultOf(recorded, standIn);
  // No decision lets a request go elsewhere.
  const stray = detail === undefined ? undefined : strayRequest(recorded, standIn.requests());
  if (stray !== undefined) return outcomeOf(recorded.id, stray, undefined);
  return outcomeOf(recorded.id, detail, refusalOf(recorded));
}

/** A case that differs is skipped if it was decided what it differs by. */
function outcomeOf(id: string, detail: string | undefined, reason: string | undefined): Outcome {
  if (detail === undefined) return { case: id, outcome: 'passed' };
  return reason === undefined ? { case: id, outcome: 'failed', detail } : { case: id, outcome: 'skipped', reason };
}

// scrape/manager: a whole scrape

type RecordedResponse = { status: number; headers: LabelObject; body: string; gzip?: boolean };
type RecordedRequest = { dial: string; method: string; uri: string; host: string; headers: LabelObject };
type RecordedScrapeSample = { name: string; labels: LabelPair[]; value: string; ts: number | 'scrape_time' };

type RecordedManager = {
  id: string;
  config: string;
  targets: LabelObject[];
  group_labels: LabelObject;
  /** What every target answers, one a scrape; the last is repeated. */
  responses?: RecordedResponse[];
  responses_by_host?: Record<string, RecordedResponse[]>;
  expect:
    | { config_error: string }
    | {
        config_error?: undefined;
        requests: RecordedRequest[];
        active_targets: { health: string; labels: LabelObject; url: string }[];
        dropped_targets: LabelObject[];
        scrapes: RecordedScrapeSample[][];
      };
};

/** Everything that is compared, as texts in a fixed order: that of the targets means nothing, of their scrapes all. */
type Observed = {
  readonly active: readonly string[];
  readonly dropped: readonly string[];
  readonly requests: readonly string[];
  readonly scrapes: readonly (readonly string[])[];
};

/** Selects everything, so that every sample is decoded and every check of a sample is made. */
const AGENT = JSON.stringify({
  logs: {
    metrics_collected: {
      prometheus: {
        emf_processor: {
          metric_namespace: 'conformance',
          metric_declaration: [
            { source_labels: ['job'], label_matcher: '.*', dimensions: [['job']], metric_selectors: ['.*'] },
          ],
        },
      },
    },
  },
});

/** Everything, and the guard's own refusals. */
const ANYWHERE = addressGuard(['0.0.0.0/0', '::/0']);

async function managerFaultOf(recorded: RecordedManager, standIn: StandIn): Promise<string | undefined> {
  const { expect } = recorded;
  try {
    const found = await observe(recorded, standIn);
    const [fault] = found.lines.flatMap(emfValidator({ nowMs: Date.now() }));
    if (fault !== undefined) return `not valid EMF: ${fault}`;
    if (expect.config_error !== undefined) return `accepted, expected: ${expect.config_error}`;
    const expected = expectationOf(expect);
    const [key] = (['active', 'dropped', 'requests', 'scrapes'] as const).filter(
      (part) => JSON.stringify(found[part]) !== JSON.stringify(expected[part]),
    );
    if (key === undefined) return undefined;
    return `expected ${key} ${JSON.stringify(expected[key])}, found ${JSON.stringify(found[key])}`;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return expect.config_error === undefined ? `refused: ${error.message}` : undefined;
  }
}

type RecordedExpectation = Exclude<RecordedManager['expect'], { config_error: string }>;

function expectationOf(expect: RecordedExpectation): Observed {
  return {
    active: expect.active_targets
      .map(({ health, labels, url }) => activeText(url, health, labelsOf(pairs(labels))))
      .sort(),
    dropped: expect.dropped_targets.map((labels) => JSON.stringify(sortedPairs(labelsOf(pairs(labels))))).sort(),
    requests: expect.requests.map((request) => requestText(request, recordsAccept(expect))).sort(),
    scrapes: byTarget(expect.scrapes).map(scrapeTexts),
  };
}

/** Runs the cycle once for each recorded answer. Time and state are those of a test, the rest is the product's. */
async function observe(recorded: RecordedManager, standIn: StandIn): Promise<Observed & { lines: string[] }> {
  const { config, secrets } = readOwnFamily('case', {
    prometheus: { address: 'prometheus.yaml', text: recorded.config },
    agent: { address: 'agent.json', text: AGENT },
  });
  const family = compileFamily(config, '');
  const addresses = recorded.targets.map((target) => labelsOf([...pairs(recorded.group_labels), ...pairs(target)]));
  const resolved = family.jobs.map((job) => ({ job, ...resolveTargets(addresses, job) }));
  const targets = resolved.flatMap(({ job, targets }) => {
    const { target_limit = 0 } = job.config;
    const isAsked = target_limit === 0 || targets.length <= target_limit;
    return targets.map((target) => ({ job, target, isAsked }));
  });
  const planned = family.jobs.flatMap((_, job) =>
    addresses.map((labels) => ({ document: 0, job, identity: undefined, labels })),
  );
  const lines: string[] = [];
  const answers = new Map<string, Answer>();
  const scrape = httpScrape({ guard: ANYWHERE, connect: standIn.connect });
  const ports = {
    scrape: async (request: Parameters<typeof scrape>[0]) => {
      try {
        const response = await scrape(request);
        answers.set(askedKey(request), response);
        return response;
      } catch (error) {
        if (error instanceof ScrapeError) answers.set(askedKey(request), error);
        throw error;
      }
    },
    state: memoryStateStore(),
    clock: Date.now,
    summary: () => {},
    sink: async (documents: Iterable<{ line: string }>) =>
      void lines.push(...Array.from(documents, ({ line }) => line)),
  };
  const health = new Map<string, boolean>();
  const isUp = (job: ScrapeJob, target: ResolvedTarget) => health.get(`${job.config.job_name} ${target.url}`) ?? false;
  const scrapes = targets.map((): RecordedScrapeSample[][] => []);
  standIn.answerWith(recorded);
  const started = Date.now();
  for (let round = 1; round <= roundsOf(recorded); round += 1) {
    answers.clear();
    const input = { families: [family], targets: planned, secrets, dueAt: started + round, shard: 'case' };
    const report = await runScrape(input, { ...ports, nonce: () => String(round) });
    for (const { job, url, up } of report.targets) health.set(`${job} ${url}`, up);
    for (const [index, { job, target, isAsked }] of targets.entries()) {
      const request = withCredentials(requestOf(target, job.config), job.config, secrets);
      scrapes[index]?.push(
        samplesOf(job, target, { up: isUp(job, target), answer: isAsked ? answers.get(askedKey(request)) : undefined }),
      );
    }
  }
  return {
    lines,
    active: targets
      .map(({ job, target }) => activeText(target.url, isUp(job, target) ? 'up' : 'down', target.labels))
      .sort(),
    dropped: resolved.flatMap(({ dropped }) => dropped.map((labels) => JSON.stringify(sortedPairs(labels)))).sort(),
    requests: standIn
      .requests()
      .map((request) => requestText(request, recordsAccept(recorded.expect)))
      .sort(),
    scrapes: byTarget(scrapes.flat()).map(scrapeTexts),
  };
}

/** What makes two requests one, whatever time each of them grants. */
function askedKey({ url, headers, bodySizeLimit }: ScrapeRequest): string {
  const { 'x-prometheus-scrape-timeout-seconds': _, ...asked } = headers;
  return JSON.stringify([url, bodySizeLimit, asked]);
}

/** What a target sent, or why it sent nothing; nothing at all where it was not asked. */
type Answer = ScrapeResponse | ScrapeError | undefined;

/** The scrapes of each target together, in their order; their report series carry the labels of the target. */
function byTarget(scrapes: readonly RecordedScrapeSample[][]): RecordedScrapeSample[][] {
  const keyOf = (samples: readonly RecordedScrapeSample[]) =>
    JSON.stringify(samples.findLast(({ name }) => name === 'scrape_samples_post_metric_relabeling')?.labels ?? []);
  const keyed = scrapes.map((samples) => ({ samples, key: keyOf(samples) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))).map(({ samples }) => samples);
}

function roundsOf({ responses, responses_by_host }: RecordedManager): number {
  return Math.max(...[responses ?? [], ...Object.values(responses_by_host ?? {})].map((list) => list.length));
}

function activeText(url: string, health: string, labels: Labels): string {
  return `${url} ${health} ${JSON.stringify(sortedPairs(labels))}`;
}

/**
 * The report series that are not compared: a duration is never the same, and the series that a scrape added would take
 * a memory of all series of each target, which nothing else here needs.
 */
const UNCOMPARED: ReadonlySet<string> = new Set(['scrape_duration_seconds', 'scrape_series_added']);

type Scraped = { readonly samples: readonly Sample[]; readonly counts: SampleCounts };

/** What the cycle makes of an answer, with its counts also where it is refused. */
function readAnswer(job: ScrapeJob, target: ResolvedTarget, answer: Answer): Scraped {
  if (answer === undefined || answer instanceof Error) return { samples: [], counts: { scraped: 0, postRelabel: 0 } };
  try {
    const exposition = readExposition(answer.body, answer.contentType, job.config.fallback_scrape_protocol, undefined);
    const { samples, postRelabel } = relabelSamples(exposition, job, target.labels);
    return { samples, counts: { scraped: exposition.scraped, postRelabel } };
  } catch (error) {
    return { samples: [], counts: countsBefore(error, job, target.labels) };
  }
}

/** CloudWatch takes nothing that is over two hours ahead, Prometheus nothing that is over ten minutes ahead. */
const MAX_AHEAD_MS = 7_200_000;

/** The samples of a scrape after relabeling, with its report series. */
function samplesOf(
  job: ScrapeJob,
  target: ResolvedTarget,
  { up, answer }: { up: boolean; answer: Answer },
): RecordedScrapeSample[] {
  const { honor_timestamps = true, extra_scrape_metrics = false, sample_limit = 0 } = job.config;
  const { samples, counts } = readAnswer(job, target, answer);
  const report = (name: string, value: number) =>
    ({ name, labels: reportLabels(target.labels), value: String(value), ts: 'scrape_time' }) as const;
  const extra = [
    report('scrape_timeout_seconds', target.timeoutMs / 1000),
    report('scrape_sample_limit', sample_limit),
    report('scrape_body_size_bytes', bodySizeOf(answer)),
  ];
  const timed = samples.map(({ series: { name, finalLabels }, value, timestampMs }): RecordedScrapeSample => {
    const ts = (honor_timestamps ? timestampMs : undefined) ?? 'scrape_time';
    return { name, labels: sortedPairs(finalLabels), value: Object.is(value, -0) ? '-0' : String(value), ts };
  });
  return [
    ...timed.filter(({ ts }) => ts === 'scrape_time' || ts <= Date.now() + MAX_AHEAD_MS),
    report('up', up ? 1 : 0),
    report('scrape_samples_scraped', counts.scraped),
    report('scrape_samples_post_metric_relabeling', counts.postRelabel),
    ...(extra_scrape_metrics ? extra : []),
  ];
}

/** Source: prometheus scrape/scrape.go, readResponse and scrapeAndReport. */
function bodySizeOf(answer: Answer): number {
  if (answer instanceof Error) return answer.code === 'too_large' ? -1 : 0;
  return answer?.body.length ?? 0;
}

/** Those of the target; exported_NAME is lost beside NAME. Source: prometheus scrape/scrape.go, mutateReportSampleLabels. */
function reportLabels(labels: Labels): LabelPair[] {
  return sortedPairs(labels).filter(
    ([name]) => !labels.has(name.replace(/^exported_/, '')) || !/^exported_/.test(name),
  );
}

/**
 * The samples of a scrape in a fixed order, the first of equal series only: storage refuses the others. Stale markers
 * are no samples here.
 */
function scrapeTexts(samples: readonly RecordedScrapeSample[]): string[] {
  const first = new Map<string, string>();
  for (const { name, labels, value, ts } of samples) {
    if (value === 'STALE' || UNCOMPARED.has(name)) continue;
    const series = JSON.stringify([name, labels, ts]);
    const number = recordedValue(value.replace('Infinity', 'Inf').replace(/^Inf/, '+Inf'));
    if (!first.has(series)) first.set(series, Object.is(number, -0) ? '-0' : String(number));
  }
  return [...first].map(([series, value]) => `${series} ${value}`).sort();
}

/** Most cases leave the Accept header out of the record. */
function recordsAccept(expect: RecordedManager['expect']): boolean {
  return expect.config_error === undefined && expect.requests.some(({ headers }) => headers.Accept !== undefined);
}

/** Headers of the connection, and those whose values are told elsewhere or are not Prometheus's. */
const UNCOMPARED_HEADERS: ReadonlySet<string> = new Set(['host', 'connection', 'user-agent', 'accept']);

/** The request as it came; the user agent's own name is not Prometheus's. */
function requestText({ dial, method, uri, host, headers }: RecordedRequest, withAccept: boolean): string {
  const given = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const names = [...given.keys()].filter((name) => !UNCOMPARED_HEADERS.has(name) || (name === 'accept' && withAccept));
  const compared = names.sort().map((name) => `${name}: ${given.get(name) ?? ''}`);
  const agent = given.has('user-agent') ? 'with' : 'without';
  return `${dial} ${method} ${uri} ${host} ${compared.join(', ')}, ${agent} user agent`;
}

/** What is decided otherwise, by what a case contains. A case of this kind that ends equally all the same passes. */
function refusalOf(recorded: RecordedManager): string | undefined {
  return addressReason(recorded) ?? redirectReason(recorded) ?? settingReason(recorded) ?? bodyReason(recorded);
}

function addressReason({ targets }: RecordedManager): string | undefined {
  const hosts = targets.map((target) => target.__address__ ?? '');
  if (hosts.some((host) => /^(?:169\.254\.|\[fe80:)/i.test(host))) return 'a link-local address is never scraped';
  if (hosts.some((host) => host.startsWith(':')))
    return 'an address without a host, which is loopback, is never scraped';
  return undefined;
}

function redirectReason(recorded: RecordedManager): string | undefined {
  const hosts = recorded.targets.map((target) => target.__address__ ?? '');
  const locations = answersOf(recorded)
    .flatMap(({ headers }) => headers.Location ?? [])
    .flatMap((location) =>
      URL.canParse(location, `http://${hosts[0]}`) ? new URL(location, `http://${hosts[0]}`) : [],
    );
  if (locations.some(({ host }) => !hosts.includes(host))) return 'a redirect to another host is not followed';
  if (locations.some(({ username }) => username !== '')) return 'a redirect that brings credentials is not followed';
  return undefined;
}

/** A request to a link-local address, or to a host that is no target's. */
function strayRequest({ expect }: RecordedManager, requests: readonly RecordedRequest[]): string | undefined {
  const targets = expect.config_error === undefined ? expect.active_targets : [];
  const dials = targets.flatMap(({ url }) => {
    if (!URL.canParse(url)) return [];
    const { protocol, hostname, port } = new URL(url);
    return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
  });
  const stray = requests.find(({ dial }) => !dials.includes(dial) || /^(?:169\.254\.|\[fe80:)/i.test(dial));
  return stray && `asked ${stray.dial}, expected none but ${dials.join(', ')}`;
}

/** Keys that ask for what is not supported yet. */
const UNSUPPORTED =
  /^\s*(?:oauth2|proxy_url|proxy_from_environment|http_sd_configs|dns_sd_configs|scrape_config_files|http_headers:.*secrets):/m;

function settingReason({ config }: RecordedManager): string | undefined {
  if (UNSUPPORTED.test(config)) return 'not supported yet: a configuration error says so';
  if (/^\s*scheme: *(?!https?$)\S/im.test(config))
    return 'a scheme that nothing is scraped by is a configuration error';
  if (/(?:modulus|\w+_limit|honor_\w+): *["']/.test(config)) return 'a number or a switch is one in quotes, too';
  if (/(?:modulus|\w+_limit): *[0-9]*\.0*[1-9]/.test(config)) return 'a limit with a fraction is a configuration error';
  if (/scrape_native_histograms: *(?:true|yes|on)/i.test(config)) return 'protobuf is not asked for';
  if (/convert_classic_histograms_to_nhcb(?:__)?"?: *"?(?:true|yes|on)/i.test(config))
    return 'classic histograms stay classic';
  return undefined;
}

function bodyReason(recorded: RecordedManager): string | undefined {
  const answers = answersOf(recorded);
  const encodings = answers.flatMap(({ headers }) => headers['Content-Encoding'] ?? []);
  if (encodings.some((encoding) => !['', 'gzip', 'identity'].includes(encoding)))
    return 'an encoding that was not asked for is refused';
  if (
    answers.some(({ headers, body }) => /openmetrics/.test(headers['Content-Type'] ?? '') && /_created[ {]/.test(body))
  )
    return 'when a series began is no sample of its own';
  return undefined;
}

function answersOf({ responses, responses_by_host }: RecordedManager): RecordedResponse[] {
  return [responses ?? [], ...Object.values(responses_by_host ?? {})].flat();
}

/** One server that stands for every host. */
type StandIn = {
  readonly server: Server;
  readonly connect: (host: string, port: number) => Socket;
  readonly answerWith: (recorded: RecordedManager) => void;
  readonly requests: () => readonly RecordedRequest[];
};

async function startStandIn(): Promise<StandIn> {
  const dials = new Map<number | undefined, string>();
  let recorded: Pick<RecordedManager, 'responses' | 'responses_by_host'> = {};
  let asked = new Map<string, number>();
  let requests: RecordedRequest[] = [];
  const server = createServer((request, response) => {
    const dial = dials.get(request.socket.remotePort) ?? 'nobody';
    const { responses_by_host: byHost, responses } = recorded;
    const answers = byHost?.[dial] ?? byHost?.[request.headers.host ?? ''] ?? responses ?? [];
    const count = asked.get(dial) ?? 0;
    asked.set(dial, count + 1);
    // The recording ends with the answers: the rest of a redirect loop is not in it.
    if (count < answers.length) {
      const headers = request.headers as LabelObject;
      const { method = '', url: uri = '' } = request;
      requests.push({ dial, method, uri, host: request.headers.host ?? '', headers });
    }
    const { status, headers, body, gzip } = answers[Math.min(count, answers.length - 1)] ?? NOTHING;
    response.writeHead(status, gzip === true ? { ...headers, 'Content-Encoding': 'gzip' } : headers);
    response.end(gzip === true ? gzipSync(body) : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  return {
    server,
    connect: (host, port) => {
      const socket = connect(own, '127.0.0.1');
      const dial = `${host.includes(':') ? `[${host}]` : host}:${port}`;
      return socket.once('connect', () => dials.set(socket.localPort, dial));
    },
    answerWith: (next) => {
      recorded = next;
      asked = new Map();
      requests = [];
    },
    requests: () => requests,
  };
}

const NOTHING: RecordedResponse = { status: 404, headers: {}, body: '' };

// scrape/populate-labels: from the labels of an address to those of its target

type RecordedTarget = {
  id: string;
  discovered: LabelObject;
  error: string;
  job_name: string;
  interval: string;
  timeout: string;
  metrics_path: string;
  scheme: string;
  params: Record<string, string[]> | null;
  relabel_configs: object[] | null;
  group_labels: LabelObject | null;
  target_labels: LabelObject;
  result: LabelObject;
};

/** Settings of the configuration that the record shows in its discovered labels only. */
const SWITCHES = [
  'always_scrape_classic_histograms',
  'convert_classic_histograms_to_nhcb',
  'scrape_native_histograms',
] as const;

function targetFaultOf(recorded: RecordedTarget): string | undefined {
  const switches = SWITCHES.map((name) => [name, recorded.discovered[`__${name}__`] === 'true']);
  const config: ScrapeConfig = {
    ...(Object.fromEntries(switches) as Partial<Record<(typeof SWITCHES)[number], boolean>>),
    job_name: recorded.job_name,
    scrape_interval: recorded.interval,
    scrape_timeout: recorded.timeout,
    metrics_path: recorded.metrics_path,
    scheme: recorded.scheme as 'http' | 'https',
    ...(recorded.params !== null && { params: recorded.params }),
  };
  const address = labelsOf([...pairs(recorded.group_labels ?? {}), ...pairs(recorded.target_labels)]);
  const discovered = discoveredLabels(address, config);
  const fault = labelFault('discovered', recorded.discovered, discovered);
  if (fault !== undefined) return fault;
  try {
    const labels = relabelTarget(discovered, relabelOf(recorded.relabel_configs));
    if (recorded.error !== '') return `accepted, expected: ${recorded.error}`;
    return labelFault('result', recorded.result, labels ?? new Map());
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    return recorded.error === '' ? `refused: ${error.message}` : undefined;
  }
}

/** A label value that was not UTF-8 cannot stand in a JSON document: the record holds U+FFFD in its place. */
function unrecordable({ error, target_labels }: RecordedTarget): string | undefined {
  const isReplaced = Object.values(target_labels).some((value) => value.includes('\ufffd'));
  const reason = 'the refused label value is not UTF-8, which the record cannot hold';
  return isReplaced && error.startsWith('invalid label value') ? reason : undefined;
}

// scrape/sample-labels: from an exposed sample to its series

type RecordedSampleLabels = {
  id: string;
  in: LabelObject;
  target_labels: LabelObject;
  honor_labels: boolean;
  metric_relabel_configs: object[] | null;
  out: LabelObject;
};

function sampleFaultOf(recorded: RecordedSampleLabels): string | undefined {
  const { [METRIC_NAME]: name = '', ...labels } = recorded.in;
  const exposed = { name, labels: pairs(labels), value: 0, timestampMs: undefined };
  const joined = joinLabels(exposed, labelsOf(pairs(recorded.target_labels)), recorded.honor_labels);
  const relabeled = relabelOf(recorded.metric_relabel_configs)(joined);
  return labelFault('series', recorded.out, relabeled ?? new Map());
}

/** Recorded relabel configurations are JSON, so also YAML. */
function relabelOf(configs: object[] | null) {
  const document = parseDocument(JSON.stringify(configs ?? []), 'relabel.json', 'text');
  const written = readDocument(v.nullable(relabelConfigsSchema('utf8')), document) ?? [];
  return compileRelabel(written.map(relabelConfigOf), 'utf8');
}

function labelFault(what: string, recorded: LabelObject, found: Labels): string | undefined {
  const expected = JSON.stringify(sortedPairs(labelsOf(pairs(recorded))));
  const actual = JSON.stringify(sortedPairs(found));
  return actual === expected ? undefined : `expected ${what} labels ${expected}, found ${actual}`;
}

function pairs(labels: LabelObject): [string, string][] {
  return Object.entries(labels);
}
