import type { DiscoverySettings } from '../../lib/ecs/discovery-settings.ts';
import { readLines } from './lines.ts';
import { type RecordedTarget, runCase } from './recorded-discovery.ts';
import type { Outcome, Topic } from './topic.ts';

type RecordedDiscovery = {
  id: string;
  cluster: string;
  /** As the agent's Go struct: the translator's defaults are not filled in. */
  config: DiscoverySettings;
  tasks: object[];
  expect: { config_valid: boolean; targets?: RecordedTarget[] | null; error?: unknown; panic?: unknown };
};

/** What the CloudWatch agent's ECS discovery finds in a cluster. */
export const topic: Topic = {
  name: 'discovery',
  run: async (folder) => Promise.all((await readLines<RecordedDiscovery>(folder)).map(runRecorded)),
};

function runRecorded(recorded: RecordedDiscovery): Promise<Outcome> {
  const { id, cluster, config, expect } = recorded;
  const end = expect.panic === undefined ? expect.error : `panic: ${JSON.stringify(expect.panic)}`;
  return runCase(
    id,
    { name: cluster, settings: config, answers: recorded },
    {
      configValid: expect.config_valid !== false,
      targets: expect.targets ?? undefined,
      end: end === undefined || end === null ? undefined : String(end),
    },
  );
}
