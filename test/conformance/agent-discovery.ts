import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiscoverySettings, ListEntry } from '../../lib/ecs/discovery-settings.ts';
import { type RecordedCluster, runCase } from './recorded-discovery.ts';
import type { Outcome, Topic } from './topic.ts';

/** The agent's settings and the answers it got, in the spelling of its Go structs. */
type Fixture = {
  Cluster: string;
  Config: { DockerLabel?: GoFields | null; Services?: GoFields[] | null; TaskDefinitions?: GoFields[] | null };
  Tasks: object[];
  TaskFailures?: object[] | null;
  TaskDefinitions: object[];
  Services?: object[] | null;
  ContainerInstances?: object[] | null;
  EC2?: { id: string; ip?: string; subnet?: string; type?: string; vpc?: string }[] | null;
  EC2Error?: boolean;
};
type GoFields = Readonly<Record<string, string | undefined>>;

/** What the CloudWatch agent's ECS discovery writes into its result file. */
export const topic: Topic = {
  name: 'agent-discovery',
  run: async (folder) => {
    const entries = await readdir(folder, { withFileTypes: true });
    const cases = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    return Promise.all(cases.sort().map((name) => runFolder(name, join(folder, name))));
  },
};

async function runFolder(id: string, folder: string): Promise<Outcome> {
  const fixture = JSON.parse(await readFile(join(folder, 'fixture.json'), 'utf8')) as Fixture;
  const result = (await readIfThere(join(folder, 'result.txt'))) ?? '';
  const expected = await readIfThere(join(folder, 'expected.json'));
  const targets = expected === undefined ? undefined : (JSON.parse(expected) as ExpectedTarget[]);
  return runCase(id, clusterOf(fixture), {
    configValid: !result.includes('validateConfig=false'),
    targets: targets?.map((target) => ({ ...target, labels: Object.entries(target.labels) })),
    end: targets === undefined ? result.trim().replaceAll('\n', ', ') : undefined,
  });
}

type ExpectedTarget = { targets: string[]; labels: Record<string, string> };

function clusterOf(fixture: Fixture): RecordedCluster {
  const { Config, EC2, EC2Error } = fixture;
  const answers = {
    tasks: fixture.Tasks,
    failures: fixture.TaskFailures,
    taskDefinitions: fixture.TaskDefinitions,
    services: fixture.Services,
    containerInstances: fixture.ContainerInstances,
    ec2Instances: (EC2 ?? []).map(({ id, ip, subnet, type, vpc }) => ({
      InstanceId: id,
      InstanceType: type,
      PrivateIpAddress: ip,
      SubnetId: subnet,
      VpcId: vpc,
    })),
  };
  const cluster = { name: fixture.Cluster, settings: settingsOf(Config), answers };
  const describeInstances = () => Promise.reject(new Error('denied'));
  return EC2Error === true ? { ...cluster, broken: { describeInstances } } : cluster;
}

function settingsOf({ DockerLabel, Services, TaskDefinitions }: Fixture['Config']): DiscoverySettings {
  return {
    docker_label: DockerLabel
      ? {
          sd_port_label: DockerLabel.PortLabel,
          sd_metrics_path_label: DockerLabel.MetricsPathLabel,
          sd_job_name_label: DockerLabel.JobNameLabel,
        }
      : undefined,
    service_name_list_for_tasks: (Services ?? []).map((entry) => ({
      ...listEntryOf(entry),
      sd_service_name_pattern: entry.ServiceNamePattern ?? '',
    })),
    task_definition_list: (TaskDefinitions ?? []).map((entry) => ({
      ...listEntryOf(entry),
      sd_task_definition_arn_pattern: entry.TaskDefArnPattern ?? '',
    })),
  };
}

function listEntryOf(entry: GoFields): ListEntry {
  return {
    sd_job_name: entry.JobName,
    sd_metrics_path: entry.MetricsPath,
    sd_metrics_ports: entry.MetricsPorts ?? '',
    sd_container_name_pattern: entry.ContainerNamePattern,
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
