import { describe, expect, it } from 'vitest';
import { discoverTargets, withDefaults } from '../../../lib/ecs/service-discovery.ts';
import type { ClusterSnapshot } from '../../../lib/ecs/task.ts';
import { containerOf, definitionOf, interfaceWith, onInstance, snapshotOf, taskOf } from './cluster.ts';

const OURS = { clusterName: 'shop', profile: 'prom-emf' } as const;
const AGENTS = { clusterName: 'shop', profile: 'cloudwatch-agent' } as const;
const BY_DEFINITION = {
  task_definition_list: [{ sd_metrics_ports: '9404', sd_task_definition_arn_pattern: 'task-definition/web' }],
};
const BY_SERVICE = {
  service_name_list_for_tasks: [{ sd_job_name: 's', sd_metrics_ports: '9404', sd_service_name_pattern: '^web$' }],
};
const BY_LABEL = withDefaults({ docker_label: {} });
const labelled = (dockerLabels: Record<string, string>) => definitionOf([containerOf({ dockerLabels })]);

describe('discoverTargets', () => {
  it('gives one target with the labels of task, task definition and service', () => {
    const { targets, skipped } = discoverTargets(BY_DEFINITION, snapshotOf([taskOf(1)]), OURS);
    expect(skipped).toEqual([]);
    expect(targets).toEqual([
      {
        identity: '["task1","app",9404,"/metrics"]',
        targets: ['10.0.0.1:9404'],
        labels: new Map([
          ['container_name', 'app'],
          ['TaskDefinitionFamily', 'web'],
          ['TaskRevision', '1'],
          ['TaskGroup', 'service:web'],
          ['StartedBy', 'ecs-svc/1'],
          ['LaunchType', 'FARGATE'],
          ['TaskId', 'task1'],
          ['TaskClusterName', 'shop'],
          ['ServiceName', 'web'],
        ]),
      },
    ]);
  });

  const labels: {
    name: string;
    settings?: object;
    snapshot: ClusterSnapshot;
    options?: typeof OURS | typeof AGENTS;
    expected: object;
  }[] = [
    {
      name: 'leaves ServiceName to service hits under the profile of the agent',
      snapshot: snapshotOf([taskOf(1)]),
      options: AGENTS,
      expected: { ServiceName: undefined },
    },
    {
      name: 'has no ServiceName for a task that no service started',
      snapshot: snapshotOf([taskOf(1, { group: 'family:web' })]),
      expected: { ServiceName: undefined },
    },
    {
      name: 'adds the labels of the EC2 instance, also to an awsvpc task',
      snapshot: snapshotOf([onInstance({ attachments: [interfaceWith('privateIPv4Address', '10.0.0.9')] })]),
      expected: { InstanceType: 'm7g.large', VpcId: 'vpc-1', SubnetId: 'subnet-1' },
    },
    {
      name: 'takes the cluster of an old ARN from the options',
      snapshot: snapshotOf([taskOf(1, { taskArn: 'arn:aws:ecs:eu-west-1:1:task/old1' })]),
      expected: { TaskId: 'old1', TaskClusterName: 'shop' },
    },
    {
      name: 'leaves the cluster of an old ARN out under the profile of the agent',
      snapshot: snapshotOf([taskOf(1, { taskArn: 'arn:aws:ecs:eu-west-1:1:task/old1' })]),
      options: AGENTS,
      expected: { TaskId: 'old1', TaskClusterName: undefined },
    },
    {
      name: 'takes docker labels with a label name and a value, over built-in labels',
      snapshot: snapshotOf(
        [taskOf(1)],
        [labelled({ constructor: 'c', container_name: 'renamed', LaunchType: '', 'com.example': 'x', '9': 'x' })],
      ),
      expected: {
        constructor: 'c',
        container_name: 'renamed',
        LaunchType: 'FARGATE',
        'com.example': undefined,
        '9': undefined,
      },
    },
    {
      name: 'prefers a configured job over the docker label job',
      settings: { task_definition_list: [{ ...BY_DEFINITION.task_definition_list[0], sd_job_name: 'configured' }] },
      snapshot: snapshotOf([taskOf(1)], [labelled({ job: 'label' })]),
      expected: { job: 'configured' },
    },
    {
      name: 'keeps the docker label job without a configured one',
      snapshot: snapshotOf([taskOf(1)], [labelled({ job: 'label' })]),
      expected: { job: 'label' },
    },
    {
      name: 'reads port, path and job of a container from its docker labels',
      settings: BY_LABEL,
      snapshot: snapshotOf(
        [taskOf(1)],
        [labelled({ ECS_PROMETHEUS_EXPORTER_PORT: '9404', ECS_PROMETHEUS_METRICS_PATH: '/m', job: 'j' })],
      ),
      expected: { __metrics_path__: '/m', job: 'j' },
    },
    {
      name: 'takes a task that is not running under the profile of the agent',
      snapshot: snapshotOf([taskOf(1, { lastStatus: 'DEPROVISIONING' })]),
      options: AGENTS,
      expected: { TaskId: 'task1' },
    },
    {
      name: 'tells the health of a task to relabel_configs',
      snapshot: snapshotOf([taskOf(1, { healthStatus: 'UNHEALTHY' })]),
      expected: { __meta_ecs_health_status: 'UNHEALTHY' },
    },
  ];
  it.each(labels)('$name', ({ settings = BY_DEFINITION, snapshot, options = OURS, expected }) => {
    const { targets } = discoverTargets(settings, snapshot, options);
    expect(targets).toHaveLength(1);
    for (const [name, value] of Object.entries(expected))
      expect([name, targets[0]?.labels.get(name)]).toEqual([name, value]);
  });

  const skips: {
    name: string;
    settings?: object;
    snapshot: ClusterSnapshot;
    targets?: string[];
    reason: string;
    detail: string;
  }[] = [
    {
      name: 'a task that is not running',
      snapshot: snapshotOf([taskOf(1, { lastStatus: 'DEPROVISIONING' })]),
      reason: 'not_running',
      detail: 'its lastStatus is DEPROVISIONING',
    },
    {
      name: 'a task whose task definition is not known, alone',
      snapshot: snapshotOf([taskOf(1, { taskDefinitionArn: 'gone:1' }), taskOf(2)]),
      targets: ['10.0.0.2:9404'],
      reason: 'task_definition_unknown',
      detail: 'its task definition gone:1 could not be read',
    },
    {
      name: 'a docker label that is no port',
      settings: BY_LABEL,
      snapshot: snapshotOf([taskOf(1)], [labelled({ ECS_PROMETHEUS_EXPORTER_PORT: '9404 ' })]),
      reason: 'invalid_port',
      detail: 'docker_label: expected a container port, found "9404 "',
    },
    {
      name: 'a port above 65535',
      settings: BY_LABEL,
      snapshot: snapshotOf([taskOf(1)], [labelled({ ECS_PROMETHEUS_EXPORTER_PORT: '99999' })]),
      reason: 'invalid_port',
      detail: 'docker_label: expected a container port, found "99999"',
    },
    {
      name: 'a container port without a host port',
      snapshot: snapshotOf([taskOf(1)], [definitionOf([containerOf({ portMappings: [] })])]),
      reason: 'port_not_mapped',
      detail: "task_definition_list[0]: container port 9404 has no host port; add it to the container's portMappings",
    },
    {
      name: 'the second container at the same address, port and path',
      snapshot: snapshotOf([taskOf(1)], [definitionOf([containerOf(), containerOf({ name: 'b' })])]),
      targets: ['10.0.0.1:9404'],
      reason: 'duplicate_target',
      detail: 'task_definition_list[0]: 10.0.0.1:9404 /metrics is a target already',
    },
    {
      name: 'docker labels that would become internal labels',
      snapshot: snapshotOf([taskOf(1)], [labelled({ __address__: '169.254.169.254:80', __metrics_path__: '/x' })]),
      targets: ['10.0.0.1:9404'],
      reason: 'reserved_docker_label',
      detail: 'the docker labels __address__, __metrics_path__ are left out: names starting "__" are reserved',
    },
  ];
  it.each(skips)('reports $name', ({ settings = BY_DEFINITION, snapshot, targets = [], reason, detail }) => {
    const found = discoverTargets(settings, snapshot, OURS);
    expect(found.targets.flatMap((target) => target.targets)).toEqual(targets);
    expect(found.skipped).toEqual([expect.objectContaining({ reason, detail })]);
    for (const { labels } of found.targets)
      expect([...labels.keys()].filter((name) => name.startsWith('__'))).toEqual([]);
  });

  it('is silent about the containers of a task that do not have the port another one has', () => {
    const definition = definitionOf([containerOf({ name: 'sidecar', portMappings: [] }), containerOf()]);
    const { targets, skipped } = discoverTargets(BY_DEFINITION, snapshotOf([taskOf(1)], [definition]), OURS);
    expect([targets.length, skipped.length]).toEqual([1, 0]);
  });

  it('prefers a service over a docker label over a task definition, and the first entry of a list', () => {
    const definition = labelled({ ECS_PROMETHEUS_EXPORTER_PORT: '9404', job: 'd' });
    const [byDefinition] = BY_DEFINITION.task_definition_list;
    const list = { task_definition_list: ['t', 'u'].map((sd_job_name) => ({ ...byDefinition!, sd_job_name })) };
    const jobs = [{ ...list, ...BY_LABEL, ...BY_SERVICE }, { ...list, docker_label: BY_LABEL.docker_label }, list].map(
      (settings) =>
        discoverTargets(settings, snapshotOf([taskOf(1)], [definition]), OURS).targets[0]?.labels.get('job'),
    );
    expect(jobs).toEqual(['s', 'd', 't']);
  });

  it('finds services by the group of a task, and under the profile of the agent by its deployment', () => {
    const deployments = [
      { id: 'ecs-svc/2', status: 'ACTIVE' },
      { id: 'ecs-svc/3', status: 'INACTIVE' },
    ];
    const services = [{ serviceArn: 'arn:aws:ecs:eu-west-1:1:service/shop/web', serviceName: 'web', deployments }];
    const tasks = [1, 2, 3].map((number) =>
      taskOf(number, { startedBy: `ecs-svc/${number}`, group: number === 2 ? 'family:web' : 'service:web' }),
    );
    const found = [OURS, AGENTS].map((options) =>
      discoverTargets(BY_SERVICE, snapshotOf(tasks, undefined, { services }), options).targets.map(
        ({ targets, labels }) => [targets[0], labels.get('ServiceName')],
      ),
    );
    expect(found).toEqual([
      [
        ['10.0.0.1:9404', 'web'],
        ['10.0.0.3:9404', 'web'],
      ],
      [['10.0.0.2:9404', 'web']],
    ]);
  });

  const errors: { name: string; settings: object; message: string }[] = [
    {
      name: 'settings that select nothing',
      settings: { task_definition_list: [] },
      message:
        'ecs_service_discovery: expected docker_label, task_definition_list or service_name_list_for_tasks, found none of them; add one',
    },
    {
      name: 'a pattern that is not RE2',
      settings: { task_definition_list: [{ sd_metrics_ports: '1', sd_task_definition_arn_pattern: 'a(?=b)' }] },
      message: 'ecs_service_discovery.task_definition_list[0].sd_task_definition_arn_pattern: expected an RE2',
    },
    {
      name: 'a frequency in days',
      settings: { docker_label: {}, sd_frequency: '1d' },
      message: 'ecs_service_discovery.sd_frequency: expected a duration such as 1m or 30s, found "1d"',
    },
  ];
  it.each(errors)('refuses $name', ({ settings, message }) => {
    expect(() => discoverTargets(settings, snapshotOf([]), OURS)).toThrow(message);
  });
});

describe('withDefaults', () => {
  it('turns docker labels on for an empty docker_label, and leaves them off without it', () => {
    expect(withDefaults({ docker_label: {} })).toEqual({
      sd_frequency: '1m',
      sd_result_file: '/tmp/cwagent_ecs_auto_sd.yaml',
      docker_label: {
        sd_port_label: 'ECS_PROMETHEUS_EXPORTER_PORT',
        sd_metrics_path_label: 'ECS_PROMETHEUS_METRICS_PATH',
        sd_job_name_label: 'job',
      },
    });
    expect(withDefaults({}).docker_label).toBeUndefined();
  });
});
