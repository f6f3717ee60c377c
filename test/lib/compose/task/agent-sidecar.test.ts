import { describe, expect, it } from 'vitest';
import type { Family } from '../../../../lib/compose/family/family.ts';
import { agentSidecar, besideAgent } from '../../../../lib/compose/task/agent-sidecar.ts';
import { familyOf, settings } from './families.ts';

const JMX = 'x-prometheus: {ContainersInsights: {CollectForJavaJmx: true}}';
const EMF_ONLY = 'services:\n  app: {x-monitoring: {CWAgentCollectEmf: {OverrideImage: "example/agent:1"}}}\n';

describe('the agent', () => {
  it('is complete, with both documents as secrets', () => {
    const family = familyOf(`services:\n  app:\n    ${JMX}\n`);
    expect(agentSidecar(family, { ...settings, engine: 'agent' })).toEqual({
      name: 'cloudwatch-agent',
      image: 'public.ecr.aws/cloudwatch-agent/cloudwatch-agent:latest',
      cpu: 102,
      memory: 256,
      essential: false,
      portMappings: [
        { containerPort: 25888, protocol: 'tcp', name: 'tcp_25888' },
        { containerPort: 25888, protocol: 'udp', name: 'udp_25888' },
      ],
      secrets: [
        { name: 'CW_CONFIG_CONTENT', valueFrom: '/prom-emf/dev/prod/web/agent' },
        { name: 'PROMETHEUS_CONFIG_CONTENT', valueFrom: '/prom-emf/dev/prod/web/prometheus' },
      ],
      dockerLabels: { container_name: 'cloudwatch-agent' },
      logConfiguration: {
        logDriver: 'awslogs',
        options: {
          'awslogs-group': '/ecs/web',
          'awslogs-region': 'eu-west-1',
          'awslogs-stream-prefix': 'cloudwatch-agent',
        },
      },
    });
  });

  it('has one document where nothing is scraped, and the image that is asked for', () => {
    const { image, secrets } = agentSidecar(familyOf(EMF_ONLY, 'compose-x'), settings);
    expect(image).toBe('example/agent:1');
    expect(secrets?.map(({ name }) => name)).toEqual(['CW_CONFIG_CONTENT']);
  });
});

describe('a container beside the agent', () => {
  const changesOf = (family: Family, compat?: 'compose-x') =>
    family.services.map((service) => besideAgent(service, family, { compat }));

  const family = (compat?: 'compose-x') =>
    familyOf(
      `services:
  files: {deploy: {labels: {ecs.task.family: web, ecs.depends.condition: COMPLETE}}}
  migrate: {deploy: {labels: {ecs.task.family: web}}}
  db: {deploy: {labels: {ecs.task.family: other}}}
  app:
    deploy: {labels: {ecs.task.family: web}}
    depends_on: {migrate: {condition: service_completed_successfully}, files: {condition: service_started}, db: {condition: service_started}}
    ${JMX}
`,
      compat,
    );

  it('waits for the agent and for its own dependencies within the family', () => {
    expect(changesOf(family()).at(-1)).toEqual({
      name: 'app',
      dependsOn: [
        { containerName: 'cloudwatch-agent', condition: 'START' },
        { containerName: 'files', condition: 'COMPLETE' },
        { containerName: 'migrate', condition: 'SUCCESS' },
      ],
    });
  });

  it('waits as Compose-X has it: the condition of depends_on counts for nothing', () => {
    expect(changesOf(family('compose-x'), 'compose-x').at(-1)?.dependsOn.at(-1)).toEqual({
      containerName: 'migrate',
      condition: 'START',
    });
  });

  it('sends EMF to its own host', () => {
    expect(changesOf(familyOf(EMF_ONLY, 'compose-x'), 'compose-x')).toEqual([
      {
        name: 'app',
        dependsOn: [{ containerName: 'cloudwatch-agent', condition: 'START' }],
        environment: [{ name: 'AWS_EMF_AGENT_ENDPOINT', value: 'tcp://127.0.0.1:25888' }],
      },
    ]);
  });

  it('sends EMF over a link in bridge mode', () => {
    const text = 'services:\n  app: {network_mode: bridge, x-monitoring: {CWAgentCollectEmf: true}}\n';
    const [change] = changesOf(familyOf(text, 'compose-x'), 'compose-x');
    expect(change?.links).toEqual(['cloudwatch-agent:cwagent']);
    expect(change?.environment).toEqual([{ name: 'AWS_EMF_AGENT_ENDPOINT', value: 'tcp://cwagent:25888' }]);
  });
});
