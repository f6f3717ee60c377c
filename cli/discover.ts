import * as v from 'valibot';
import { type AgentConfig, agentConfigSchema } from '../lib/cloudwatch/agent-config.ts';
import { optionsSchema } from '../lib/cloudwatch/options.ts';
import { findTargets } from '../lib/cluster-targets.ts';
import { parseDocument } from '../lib/document/document.ts';
import { ConfigError } from '../lib/document/problem.ts';
import { readDocument } from '../lib/document/schema.ts';
import { compileServiceDiscovery, withDefaults } from '../lib/ecs/service-discovery.ts';
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
    const agent = readDocument(agentConfigSchema, parseDocument(await readNamed(values.agent), values.agent));
    const options = await readOptions(values.options);
    checkDiscovery(agent, values.agent);
    const { ecs_service_discovery, cluster_name } = agent.logs.metrics_collected.prometheus;
    const name = values.cluster ?? ecs_service_discovery?.sd_target_cluster ?? cluster_name;
    if (name === undefined) throw new UsageError('the agent configuration names no cluster; give --cluster NAME');
    const ecs =
      values.tasks === undefined
        ? createEcs()
        : recordedEcs(parseDocument(await readNamed(values.tasks), values.tasks));
    const family = {
      family: 'command',
      prometheus: { scrape_configs: [] },
      agent: onCluster(agent, values.cluster),
      options,
    };
    const region = values.region ?? ecs_service_discovery?.sd_cluster_region;
    const found = await findTargets([family], { name, ...(region !== undefined && { region }) }, ecs, new Map());
    const [discovery] = found.discoveries;
    const groups = (discovery?.targets ?? []).map(({ targets, labels }) => ({
      targets,
      labels: Object.fromEntries(labels),
    }));
    process.stdout.write(`${JSON.stringify(groups, null, 2)}\n`);
    const skipped = discovery?.skipped ?? [];
    if (values.json) process.stderr.write(`${JSON.stringify({ skipped, failures: found.failures })}\n`);
    else {
      for (const { reason, detail, ...where } of skipped)
        process.stderr.write(`skipped ${Object.values(where).join(' ')}: ${reason}: ${detail}\n`);
      for (const { arn, reason } of found.failures) process.stderr.write(`failed ${arn}: ${reason}\n`);
      process.stderr.write(`${groups.length} targets in cluster ${name}\n`);
    }
    return 0;
  },
};

/** @throws {ConfigError} when the configuration selects nothing at all, or by a pattern that cannot be used. */
function checkDiscovery(agent: AgentConfig, file: string): void {
  const settings = agent.logs.metrics_collected.prometheus.ecs_service_discovery ?? {};
  try {
    compileServiceDiscovery(withDefaults(settings), { clusterName: '', profile: 'prom-emf' });
  } catch (error) {
    const path = 'logs.metrics_collected.prometheus.ecs_service_discovery';
    const text = error instanceof Error ? error.message : String(error);
    throw new ConfigError([{ severity: 'error', place: { file, line: 1, column: 1 }, path, text }]);
  }
}

/** The configuration with the cluster of the command line in place of its own. */
function onCluster(agent: AgentConfig, cluster: string | undefined): AgentConfig {
  const { ecs_service_discovery, ...prometheus } = agent.logs.metrics_collected.prometheus;
  if (cluster === undefined || ecs_service_discovery === undefined) return agent;
  const discovery = { ...ecs_service_discovery, sd_target_cluster: cluster };
  return { ...agent, logs: { metrics_collected: { prometheus: { ...prometheus, ecs_service_discovery: discovery } } } };
}

async function readOptions(file: string | undefined) {
  if (file === undefined) return v.parse(optionsSchema, {});
  return readDocument(optionsSchema, parseDocument(await readNamed(file), file));
}
