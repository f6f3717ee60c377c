import { SSMClient } from '@aws-sdk/client-ssm';
import { ssmDocumentStore } from '../../lib/io/ssm-documents.ts';
import { mapBounded } from '../../lib/map-bounded.ts';
import { renderFamilies } from '../../lib/render.ts';
import type { Fleet, FleetFamily } from './fleet.ts';

/** So many families are written at once. */
const PARALLEL = 8;

export type DocumentsSettings = {
  readonly url: string;
  readonly region: string;
  readonly prefix: string;
  readonly interval: string;
  /** The scrape_timeout. */
  readonly timeout?: string | undefined;
  /** Which gauges are selected; by default all. */
  readonly gauges?: string;
};

/** Renders the documents of every family of a fleet from a compose file and stores them, as the command would. */
export async function publishDocuments(
  fleet: Fleet,
  { url, region, prefix, ...written }: DocumentsSettings,
): Promise<void> {
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'placeholder' };
  const client = new SSMClient({ endpoint: url, region, credentials });
  const store = ssmDocumentStore(client, prefix);
  await mapBounded(fleet.families, PARALLEL, async (family) => {
    for (const rendered of documentsOf(family, fleet.ports.task, written))
      await store.write(family.cluster, rendered, 'simulation');
  });
  client.destroy();
}

type Written = Pick<DocumentsSettings, 'interval' | 'timeout' | 'gauges'>;

function documentsOf({ name, cluster }: FleetFamily, port: number, written: Written) {
  const text = composeOf(name, port, written);
  return renderFamilies([{ file: `${name}.yaml`, text }], { cluster, rulePacks: [], environment: {} }).families;
}

function composeOf(name: string, port: number, { interval, timeout, gauges = '[0-9]+' }: Written): string {
  const processor = {
    source_labels: ['container_name'],
    label_matcher: '^app$',
    dimensions: [['ClusterName', 'TaskDefinitionFamily']],
    metric_selectors: ['^fleet_work_[0-9]+_total$', `^fleet_level_${gauges}$`],
  };
  const insights = { CustomRules: [{ ExporterPort: port, EmfProcessors: [processor] }] };
  const service = {
    image: `${name}:latest`,
    ports: [{ target: port, protocol: 'tcp' }],
    'x-prometheus': { ContainersInsights: insights },
    'x-prom-emf': { ScrapeConfigs: [{ scrape_interval: interval, ...(timeout && { scrape_timeout: timeout }) }] },
  };
  // JSON is YAML.
  return JSON.stringify({ name: 'simulation', services: { [name]: service } });
}
