import { SSMClient } from '@aws-sdk/client-ssm';
import { ssmDocumentStore } from '../../lib/io/ssm-documents.ts';
import { renderFamilies } from '../../lib/render.ts';
import type { Fleet, FleetFamily } from './fleet.ts';

/** So many families are written at once. */
const PARALLEL = 8;

export type DocumentsSettings = {
  readonly url: string;
  readonly region: string;
  readonly prefix: string;
  readonly interval: string;
};

/** Renders the documents of every family of a fleet from a compose file and stores them, as the command would. */
export async function publishDocuments(
  fleet: Fleet,
  { url, region, prefix, interval }: DocumentsSettings,
): Promise<void> {
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'placeholder' };
  const client = new SSMClient({ endpoint: url, region, credentials });
  const store = ssmDocumentStore(client, prefix);
  const queue = fleet.families.values();
  const work = async () => {
    for (const family of queue)
      for (const rendered of documentsOf(family, fleet.ports.task, interval))
        await store.write(family.cluster, rendered, 'simulation');
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  client.destroy();
}

function documentsOf({ name, cluster }: FleetFamily, port: number, interval: string) {
  const text = composeOf(name, port, interval);
  return renderFamilies([{ file: `${name}.yaml`, text }], { cluster, rulePacks: [], environment: {} }).families;
}

function composeOf(name: string, port: number, interval: string): string {
  const processor = {
    source_labels: ['container_name'],
    label_matcher: '^app$',
    dimensions: [['ClusterName', 'TaskDefinitionFamily']],
    metric_selectors: ['^fleet_work_[0-9]+_total$', '^fleet_level_[0-9]+$'],
  };
  const insights = { CustomRules: [{ ExporterPort: port, EmfProcessors: [processor] }] };
  const service = {
    image: `${name}:latest`,
    ports: [{ target: port, protocol: 'tcp' }],
    'x-prometheus': { ContainersInsights: insights },
    'x-prom-emf': { ScrapeConfigs: [{ scrape_interval: interval }] },
  };
  // JSON is YAML.
  return JSON.stringify({ name: 'simulation', services: { [name]: service } });
}
