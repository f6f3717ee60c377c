import { checkDiscovery, findTargets, listTargets } from '../lib/cluster-targets.ts';
import { parseDocument } from '../lib/document/document.ts';
import { jsonLine } from '../lib/document/json-line.ts';
import { ConfigError, messageOf, printable } from '../lib/document/problem.ts';
import { type FamilyConfig, readDiscoveryDocuments } from '../lib/documents.ts';
import { createEcs } from '../lib/io/ecs.ts';
import { recordedEcs } from '../lib/io/recorded-ecs.ts';
import { type Command, parseOptions, readNamed, UsageError } from './usage.ts';

const HELP = `Usage: prom-emf discover --agent FILE [OPTIONS]

Finds the targets that the agent configuration's ecs_service_discovery selects and prints them as
Prometheus file_sd JSON on stdout; what was skipped, and why, on stderr.

  --agent FILE     CloudWatch agent configuration (JSON)
  --options FILE   options document (JSON)
  --cluster NAME   the ECS cluster (default: sd_target_cluster, then cluster_name of the agent configuration)
  --region NAME    its region (default: as the AWS SDK finds it)
  --tasks FILE     a recorded ECS answer, {"tasks": [...], "taskDefinitions": [...]}, in place of the ECS API
  --json           what was skipped as one line of JSON

Examples:
  prom-emf discover --agent agent.json --cluster prod
  prom-emf discover --agent agent.json --cluster prod --tasks tasks.json > targets.json

Exit status: 0, also when nothing was found; 1 when the cluster cannot be read; 2 usage or configuration error.
`;

export const discover: Command = {
  name: 'discover',
  summary: 'find the targets among the tasks of an ECS cluster',
  help: HELP,
  run: async (args) => {
    const { values } = parseOptions('discover', args, {
      agent: { type: 'string' },
      options: { type: 'string' },
      cluster: { type: 'string' },
      region: { type: 'string' },
      tasks: { type: 'string' },
      json: { type: 'boolean', default: false },
    });
    if (values.agent === undefined)
      throw new UsageError('discover needs --agent FILE; prom-emf discover --help tells more');
    const config = await readConfig(values.agent, values.options);
    const { ecs_service_discovery, cluster_name } = config.agent.logs.metrics_collected.prometheus;
    const name = values.cluster ?? ecs_service_discovery?.sd_target_cluster ?? cluster_name;
    if (name === undefined) throw new UsageError('the agent configuration names no cluster; give --cluster NAME');
    const ecs =
      values.tasks === undefined
        ? createEcs()
        : recordedEcs(parseDocument(await readNamed(values.tasks), values.tasks));
    const family = { ...config, agent: onCluster(config.agent, values.cluster) };
    const region = values.region ?? ecs_service_discovery?.sd_cluster_region;
    const found = await findTargets([family], { name, ...(region !== undefined && { region }) }, ecs, {
      nowMs: Date.now(),
    });
    const listed = listTargets([family], found);
    const groups = listed.targets.map(({ targets, labels }) => ({ targets, labels }));
    process.stdout.write(`${JSON.stringify(groups, null, 2)}\n`);
    const { skipped, failures } = listed;
    if (values.json) process.stderr.write(`${jsonLine({ skipped, failures }, Number.POSITIVE_INFINITY)}\n`);
    else {
      for (const { reason, detail, task, container = '' } of skipped)
        process.stderr.write(`${printable(`skipped ${task} ${container}: ${reason}: ${detail}`)}\n`);
      for (const { arn, reason } of failures) process.stderr.write(`${printable(`failed ${arn}: ${reason}`)}\n`);
      process.stderr.write(`${groups.length} targets in cluster ${name}\n`);
    }
    return 0;
  },
};

/** @throws {ConfigError} also when the configuration selects nothing at all. */
async function readConfig(agentFile: string, optionsFile: string | undefined): Promise<FamilyConfig> {
  const document = async (file: string) => ({ address: file, text: await readNamed(file) });
  const options = optionsFile === undefined ? undefined : await document(optionsFile);
  const config = readDiscoveryDocuments(await document(agentFile), options);
  try {
    checkDiscovery(config);
  } catch (error) {
    const place = { file: agentFile, line: 1, column: 1 };
    const path = 'logs.metrics_collected.prometheus.ecs_service_discovery';
    const text = messageOf(error);
    throw new ConfigError([{ severity: 'error', place, path, text }]);
  }
  return config;
}

/** The configuration with the cluster of the command line in place of its own. */
function onCluster(agent: FamilyConfig['agent'], cluster: string | undefined): FamilyConfig['agent'] {
  const { ecs_service_discovery, ...prometheus } = agent.logs.metrics_collected.prometheus;
  if (cluster === undefined || ecs_service_discovery === undefined) return agent;
  const discovery = { ...ecs_service_discovery, sd_target_cluster: cluster };
  return { ...agent, logs: { metrics_collected: { prometheus: { ...prometheus, ecs_service_discovery: discovery } } } };
}
