import type { AgentConfig } from '../../lib/cloudwatch/agent-config.ts';
import type { EmfDocument } from '../../lib/cloudwatch/emf.ts';
import type { RulePack } from '../../lib/compose/extensions/rule-pack.ts';
import { compileFamily, planTargets, readFamily } from '../../lib/documents.ts';
import { withDefaults } from '../../lib/ecs/discovery-settings.ts';
import { discoverTargets } from '../../lib/ecs/service-discovery.ts';
import type { ScrapeReport } from '../../lib/explain/report.ts';
import { memoryStateStore } from '../../lib/io/state-store.ts';
import { renderFamilies } from '../../lib/render.ts';
import { runScrape } from '../../lib/scrape.ts';
import { definitionOf, snapshotOf, taskOf } from '../lib/ecs/cluster.ts';
import type { Body } from './bodies.ts';

/** One CloudWatch metric: its name, unit and the values of its dimensions. */
export type PublishedMetric = {
  readonly name: string;
  readonly unit: string | undefined;
  readonly dimensions: Readonly<Record<string, string>>;
};

/** Near the timestamps that some bodies bring along. */
const FIRST_TICK = Date.UTC(2026, 10, 24, 4, 30);
const MINUTE = 60_000;

/**
 * What CloudWatch gets of one task whose exporter answers with the body: rendered from a compose file that switches the
 * pack on, discovered, and scraped twice so that counters have a baseline. Histograms start at zero, as one without
 * observations since the last scrape gives nothing.
 */
export async function publishedMetrics(pack: RulePack, body: Body) {
  const family = render(pack);
  const config = readFamily('shop', {
    prometheus: { address: 'prometheus.yaml', text: family.prometheus },
    agent: { address: 'agent.json', text: family.agent },
    options: { address: 'options.json', text: family.options },
  });
  const targets = await planTargets(config, 0, discover(pack, config.agent), async () => []);
  const input = { families: [compileFamily(config, 'prod')], targets, shard: '0' };
  const state = memoryStateStore();
  const documents: EmfDocument[] = [];
  const reports: ScrapeReport[] = [];
  const answers = [
    { dueAt: FIRST_TICK, text: beforeObservations(body.text) },
    { dueAt: FIRST_TICK + MINUTE, text: body.text },
  ];
  for (const { dueAt, text } of answers) {
    documents.length = 0;
    const report = await runScrape(
      { ...input, dueAt },
      {
        scrape: async () => ({ status: 200, contentType: body.contentType, body: Buffer.from(text) }),
        state,
        summary: () => {},
        sink: async (written) => void documents.push(...written),
        clock: () => dueAt,
        nonce: () => String(dueAt),
      },
    );
    reports.push(report);
  }
  return { metrics: distinct(documents.flatMap(({ line }) => metricsOf(line))), report: reports.at(-1) };
}

/** The body with 0 for all buckets, sums and counts of its histograms. */
function beforeObservations(text: string): string {
  const histograms = new Set([...text.matchAll(/^# TYPE (\S+) histogram$/gm)].map(([, name]) => name));
  return text.replace(/^(\w+)_(?:bucket|sum|count)(?:\{.*\})? (\S+)/gm, (line, name: string, value: string) =>
    histograms.has(name) ? `${line.slice(0, -value.length)}0` : line,
  );
}

function render(pack: RulePack) {
  const extension = { Exporters: { [pack.name]: true } };
  const service = { ports: [{ target: pack.discovery.port }], 'x-prom-emf': extension };
  const text = JSON.stringify({ services: { shop: service } });
  const { families } = renderFamilies([{ file: 'compose.yaml', text }], {
    cluster: 'prod',
    rulePacks: [pack],
    environment: {},
  });
  const [family] = families;
  if (family?.prometheus === undefined) throw new Error(`nothing was rendered for ${pack.name}`);
  return { ...family, prometheus: family.prometheus };
}

/** The targets of a service's only task; a pack without lists relies on docker labels. */
function discover({ discovery }: RulePack, agent: AgentConfig) {
  const taskDefinitionArn = 'arn:aws:ecs:eu-west-1:111122223333:task-definition/shop:7';
  const { port, path, lists, container_name = 'exporter' } = discovery;
  const dockerLabels = { ECS_PROMETHEUS_EXPORTER_PORT: String(port), ECS_PROMETHEUS_METRICS_PATH: path };
  const portMappings = [{ containerPort: port, hostPort: port }];
  const container = { name: container_name, portMappings, ...(lists.length === 0 && { dockerLabels }) };
  const snapshot = snapshotOf(
    [taskOf(1, { taskDefinitionArn, group: 'service:shop' })],
    [definitionOf([container], { taskDefinitionArn, family: 'shop', revision: 7 })],
  );
  const settings = withDefaults(agent.logs.metrics_collected.prometheus.ecs_service_discovery ?? {});
  return discoverTargets(settings, snapshot, { clusterName: 'prod', profile: 'prom-emf' }).targets;
}

type EmfLine = Readonly<Record<string, unknown>> & {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit?: string }[];
    }[];
  };
};

function metricsOf(line: string): PublishedMetric[] {
  const root = JSON.parse(line) as EmfLine;
  return root._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name, Unit }) =>
      Dimensions.map((names) => ({
        name: Name,
        unit: Unit,
        dimensions: Object.fromEntries(names.map((name) => [name, String(root[name])])),
      })),
    ),
  );
}

function distinct(metrics: readonly PublishedMetric[]): PublishedMetric[] {
  const keyOf = ({ name, dimensions }: PublishedMetric) => JSON.stringify([name, Object.entries(dimensions).sort()]);
  return [...new Map(metrics.map((metric) => [keyOf(metric), metric])).values()];
}
