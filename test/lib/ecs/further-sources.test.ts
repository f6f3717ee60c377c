import { describe, expect, it } from 'vitest';
import type { FurtherSources } from '../../../lib/ecs/discovery-settings.ts';
import { discoverTargets, tagKindsIn } from '../../../lib/ecs/service-discovery.ts';
import type { ClusterSnapshot, Task } from '../../../lib/ecs/task.ts';
import { containerOf, definitionOf, INSTANCE, onInstance, snapshotOf, taskOf } from './cluster.ts';

const discover = (further: FurtherSources, snapshot: ClusterSnapshot, tagKinds = tagKindsIn('')) =>
  discoverTargets({}, snapshot, { clusterName: 'shop', profile: 'prom-emf', further, tagKinds });
const tagged = (tags: Readonly<Record<string, string>>, changes: Partial<Task> = {}) =>
  taskOf(1, { tags: Object.entries(tags).map(([key, value]) => ({ key, value })), ...changes });

describe('discovery by tags', () => {
  const two = definitionOf([
    containerOf({ name: 'proxy', portMappings: [{ containerPort: 80, hostPort: 80 }] }),
    containerOf({ name: 'app' }),
  ]);

  it('finds the container that maps the port, with path and job of the tags', () => {
    const tags = {
      ECS_PROMETHEUS_EXPORTER_PORT: '9404',
      ECS_PROMETHEUS_METRICS_PATH: '/stats',
      job: 'jmx',
    };
    const { targets, skipped } = discover({ tags: {} }, snapshotOf([tagged(tags)], [two]));
    expect(skipped).toEqual([]);
    expect(targets.map(({ identity }) => identity)).toEqual(['["task1","app",9404,"/stats"]']);
    const [target] = targets;
    expect([target?.labels.get('job'), target?.labels.get('__metrics_path__')]).toEqual(['jmx', '/stats']);
  });

  const service = { serviceName: 'web', tags: [{ key: 'port', value: '80' }] };
  const instance = { ...INSTANCE, Tags: [{ Key: 'port', Value: '9404' }] };
  const onHost = (tags: Readonly<Record<string, string>>) =>
    onInstance({ tags: Object.entries(tags).map(([key, value]) => ({ key, value })) });
  const definitions = [definitionOf(two.containerDefinitions, { networkMode: 'host' })];
  it.each([
    { name: 'of the task', task: onHost({ port: '9404' }), services: [service], expected: ['10.1.0.1:9404'] },
    { name: 'else of its service', task: onHost({}), services: [service], expected: ['10.1.0.1:80'] },
    { name: 'else of its instance', task: onHost({}), services: [], expected: ['10.1.0.1:9404'] },
  ])('takes the tag $name', ({ task, services, expected }) => {
    const snapshot = snapshotOf([task], definitions, { services, instances: [instance] });
    const { targets } = discover({ tags: { sd_port_tag: 'port' } }, snapshot);
    expect(targets.flatMap((target) => target.targets)).toEqual(expected);
  });

  it.each([
    ['no number', { port: 'http' }, 'tag port: expected a container port, found "http"'],
    ['no port of a container', { port: '81' }, 'tag port: container port 81 has no host port; add it to the container'],
  ])('says what a tag that is %s lacks', (_, tags, detail) => {
    const { targets, skipped } = discover({ tags: { sd_port_tag: 'port' } }, snapshotOf([tagged(tags)], [two]));
    expect(targets).toEqual([]);
    expect(skipped.map((each) => each.detail)).toEqual(expect.arrayContaining([expect.stringContaining(detail)]));
  });

  it('leaves tasks without the tag alone', () => {
    expect(discover({ tags: {} }, snapshotOf([tagged({ other: '9404' })]))).toEqual({ targets: [], skipped: [] });
  });
});

describe('tags as meta labels', () => {
  const settings = { docker_label: { sd_port_label: 'port' } };
  const snapshot = snapshotOf(
    [tagged({ 'team name': 'a', 'aws:ecs:serviceName': 'web' })],
    [definitionOf([containerOf({ dockerLabels: { port: '9404' } })])],
    { services: [{ serviceName: 'web', tags: [{ key: 'tier', value: 'front' }] }] },
  );
  it.each([
    ['none', 'container_name', []],
    [
      'those of the task',
      '__meta_ecs_tag_task_(.+)',
      ['__meta_ecs_tag_task_team_name', '__meta_ecs_tag_task_aws_ecs_serviceName'],
    ],
    ['those of the service', '__meta_ecs_tag_service_tier', ['__meta_ecs_tag_service_tier']],
  ])('are %s where relabel_configs name %s', (_, text, expected) => {
    const options = { clusterName: 'shop', profile: 'prom-emf', tagKinds: tagKindsIn(text) } as const;
    const [target] = discoverTargets(settings, snapshot, options).targets;
    expect([...(target?.labels.keys() ?? [])].filter((name) => name.startsWith('__meta_ecs_tag'))).toEqual(expected);
  });
});

describe('discovery by Cloud Map', () => {
  const api = { namespace: 'prod.local', service: 'api' };
  const snapshotWith = (...instances: object[]) =>
    snapshotOf([], [], { cloudMap: [['["prod.local","api"]', instances]] });

  it('gives a target for each instance at its registered address and port', () => {
    const attributes = { AWS_INSTANCE_IPV4: '10.0.0.5', AWS_INSTANCE_PORT: '8080', stage: 'blue', __address__: 'x' };
    const instance = { InstanceId: 'i-a', HealthStatus: 'HEALTHY', Attributes: attributes };
    expect(discover({ cloud_map: [api] }, snapshotWith(instance))).toEqual({
      skipped: [],
      targets: [
        {
          identity: '["i-a","api",8080,"/metrics"]',
          targets: ['10.0.0.5:8080'],
          labels: new Map([
            ['ServiceName', 'api'],
            ['stage', 'blue'],
            ['__meta_ecs_health_status', 'HEALTHY'],
          ]),
        },
      ],
    });
  });

  it('knows the tasks that ECS registered, with the ports, path and job of the entry', () => {
    const attributes = {
      AWS_INSTANCE_IPV6: 'fd00::5',
      ECS_SERVICE_NAME: 'web',
      ECS_TASK_DEFINITION_FAMILY: 'web-family',
      ECS_CLUSTER_NAME: 'prod',
      AVAILABILITY_ZONE: 'eu-west-1a',
    };
    const entry = { ...api, sd_metrics_ports: '9404; 9405', sd_metrics_path: '/stats', sd_job_name: 'jmx' };
    const { targets } = discover({ cloud_map: [entry] }, snapshotWith({ InstanceId: 'task7', Attributes: attributes }));
    expect(targets.map((target) => target.targets[0])).toEqual(['[fd00::5]:9404', '[fd00::5]:9405']);
    expect(Object.fromEntries(targets[0]?.labels ?? [])).toEqual({
      ServiceName: 'web',
      TaskDefinitionFamily: 'web-family',
      TaskClusterName: 'prod',
      TaskId: 'task7',
      __metrics_path__: '/stats',
      job: 'jmx',
    });
  });

  it.each([
    ['no address', { AWS_INSTANCE_CNAME: 'example.com' }, 'no_address', 'it is registered without an IP address'],
    [
      'no port',
      { AWS_INSTANCE_IPV4: '10.0.0.5' },
      'invalid_port',
      'expected a port in sd_metrics_ports or AWS_INSTANCE_PORT, found ""',
    ],
  ])('skips an instance with %s, and says so', (_, Attributes, reason, detail) => {
    expect(discover({ cloud_map: [api] }, snapshotWith({ InstanceId: 'i-a', Attributes }))).toEqual({
      targets: [],
      skipped: [{ task: 'i-a', reason, detail }],
    });
  });

  it('leaves an address to ECS where that knows it', () => {
    const further = { tags: { sd_port_tag: 'port' }, cloud_map: [{ ...api, sd_metrics_ports: '9404' }] };
    const instance = { InstanceId: 'i-a', Attributes: { AWS_INSTANCE_IPV4: '10.0.0.1' } };
    const snapshot = { ...snapshotWith(instance), ...snapshotOf([tagged({ port: '9404' })]) };
    const cloudMap = snapshotWith(instance).cloudMap;
    const { targets, skipped } = discover(further, { ...snapshot, cloudMap });
    expect(targets.map(({ identity }) => identity)).toEqual(['["task1","app",9404,"/metrics"]']);
    expect(skipped.map(({ reason }) => reason)).toEqual(['duplicate_target']);
  });
});
