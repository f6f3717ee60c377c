import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { AgentConfig } from '../../lib/cloudwatch/agent-config.ts';
import { compileDeclarations } from '../../lib/cloudwatch/metric-declaration.ts';
import { withDefaults } from '../../lib/ecs/discovery-settings.ts';
import { discoverTargets } from '../../lib/ecs/service-discovery.ts';
import { labelsOf } from '../../lib/prometheus/labels.ts';
import { renderFamilies } from '../../lib/render.ts';
import { rulePacks } from './compose/extensions/rule-packs.ts';
import { definitionOf, snapshotOf, taskOf } from './ecs/cluster.ts';

type Example = { family: string; container: string; port: number; dockerLabels?: Record<string, string> };

/** The dimension sets that a sample of the only task of a family is published with, after render and discovery. */
function dimensionSetsOf(
  { family, container, port, dockerLabels = {} }: Example,
  name: string,
  own: Record<string, string>,
) {
  const file = new URL(`../../examples/compose/${family}.yaml`, import.meta.url);
  const composeFiles = [{ file: `${family}.yaml`, text: readFileSync(file, 'utf8') }];
  const { families } = renderFamilies(composeFiles, { cluster: 'prod', rulePacks, environment: {} });
  const { prometheus } = (JSON.parse(families[0]?.agent ?? '{}') as AgentConfig).logs.metrics_collected;
  const taskDefinitionArn = `arn:aws:ecs:eu-west-1:111122223333:task-definition/${family}:7`;
  const containers = [{ name: container, dockerLabels, portMappings: [{ containerPort: port, hostPort: port }] }];
  const snapshot = snapshotOf(
    [taskOf(1, { taskDefinitionArn, group: `service:${family}` })],
    [definitionOf(containers, { taskDefinitionArn, family, revision: 7 })],
  );
  const settings = withDefaults(prometheus.ecs_service_discovery ?? {});
  const { targets } = discoverTargets(settings, snapshot, { clusterName: 'prod', profile: 'prom-emf' });
  expect(targets.map((target) => target.targets)).toEqual([[`10.0.0.1:${port}`]]);
  const labels = labelsOf([['ClusterName', 'prod'], ...(targets[0]?.labels ?? []), ...Object.entries(own)]);
  return compileDeclarations(prometheus.emf_processor).select(name, labels)?.dimensionSets;
}

const connect = { family: 'connect', container: 'connect', port: 1234, dockerLabels: { container_name: 'connect' } };
const kafdrop = { family: 'kafdrop', container: 'kafdrop', port: 1234, dockerLabels: { job: 'jmx_prometheus_export' } };
const nginx = { family: 'nginx', container: 'nginx-prometheus-exporter', port: 9113 };
const labelled = { ...kafdrop, dockerLabels: { ECS_PROMETHEUS_EXPORTER_PORT: '1234' } };

const TASK = { connector: 'sink.connectora.v1', task: '0' };
const samples: [string, Example, string, Record<string, string>, string[][]][] = [
  [
    'a connector',
    connect,
    'kafka_connect_connect_worker_metrics_connector_total_task_count',
    { connector: 'a' },
    [['ClusterName', 'TaskDefinitionFamily', 'connector']],
  ],
  [
    'a connector task',
    connect,
    'kafka_connect_sink_task_metrics_offset_commit_completion_total',
    TASK,
    [['ClusterName', 'TaskDefinitionFamily', 'connector', 'task']],
  ],
  ["Kafka Connect's JVM", connect, 'jvm_threads_current', {}, [['ClusterName', 'TaskDefinitionFamily']]],
  [
    "Kafdrop's JVM",
    kafdrop,
    'jvm_memory_bytes_used',
    { area: 'heap' },
    [['ClusterName', 'TaskDefinitionFamily', 'area']],
  ],
  ['a JVM that docker labels name too', labelled, 'jvm_classes_loaded', {}, [['ClusterName', 'TaskDefinitionFamily']]],
  ['NGINX', nginx, 'nginx_connections_active', {}, [['ClusterName', 'ServiceName', 'TaskDefinitionFamily']]],
];

test.each(samples)("publishes the article's metrics of %s", (_, example, name, own, expected) => {
  expect(dimensionSetsOf(example, name, own)).toEqual(expected);
});
