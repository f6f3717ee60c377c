import type * as v from 'valibot';
import type { AgentConfig } from './cloudwatch/agent-config.ts';
import { compileEmissionRules, type EmissionRules } from './cloudwatch/emission-rules.ts';
import type { Options } from './cloudwatch/options.ts';
import { DEFAULT_SD_RESULT_FILE } from './ecs/discovery-settings.ts';
import { type Labels, labelsOf } from './prometheus/labels.ts';
import type { PrometheusConfig, ScrapeConfig, targetGroupSchema } from './prometheus/scrape-config.ts';
import { addressesOf, compileScrapeConfig, type ScrapeJob, type TargetGroup } from './prometheus/target.ts';

export { parseDuration } from './prometheus/duration.ts';

/** The three documents of one family, checked: plain data, as a plan stores them. */
export type FamilyConfig = {
  readonly family: string;
  readonly prometheus: PrometheusConfig;
  readonly agent: AgentConfig;
  readonly options: Options;
};

/** A family ready to run. */
export type CompiledFamily = {
  readonly family: string;
  /** Whether its summaries say more; `agent.debug` of the agent configuration. */
  readonly debug: boolean;
  readonly jobs: readonly ScrapeJob[];
  readonly rules: EmissionRules;
};

/** Compiles a family's documents for a cluster; done once per plan. */
export function compileFamily(config: FamilyConfig, cluster: string): CompiledFamily {
  return {
    family: config.family,
    debug: config.agent.agent?.debug ?? false,
    jobs: config.prometheus.scrape_configs.map(compileScrapeConfig),
    rules: compileEmissionRules(config.agent, config.options, cluster),
  };
}

/** A target group as it was written. */
export function groupOf(written: v.InferOutput<typeof targetGroupSchema>): TargetGroup {
  return { targets: written.targets ?? [], labels: labelsOf(Object.entries(written.labels ?? {})) };
}

/** A target of one job of one document, before relabeling. `identity` names it across scrapes where ECS tells it. */
export type PlannedTarget = {
  readonly document: number;
  readonly job: number;
  readonly identity: string | undefined;
  readonly labels: Labels;
};

/** A target group that knows which task, container and port it is. */
export type IdentifiedGroup = TargetGroup & { readonly identity?: string };

/**
 * The targets of a document's jobs: static_configs, and file_sd_configs through `readFiles`. A file_sd entry that
 * names the agent's sd_result_file stands for the ECS targets. Without `own` only the ECS targets count.
 */
export async function planTargets(
  config: FamilyConfig,
  document: number,
  ecsTargets: readonly IdentifiedGroup[],
  readFiles: (pattern: string) => Promise<readonly TargetGroup[]>,
  own = true,
): Promise<PlannedTarget[]> {
  const resultFile = ecsTargetFile(config);
  const groupsOf = async (job: ScrapeConfig): Promise<IdentifiedGroup[]> => {
    const statics = own ? (job.static_configs ?? []).map(groupOf) : [];
    const named = (job.file_sd_configs ?? []).flatMap((entry) => entry.files);
    const files = named.filter((file) => own || file === resultFile);
    const listed = await Promise.all(
      files.map((file) => (file === resultFile ? Promise.resolve(ecsTargets) : readFiles(file))),
    );
    return [...statics, ...listed.flat()];
  };
  const jobs = await Promise.all(config.prometheus.scrape_configs.map(groupsOf));
  return jobs.flatMap((groups, job) =>
    groups.flatMap((group) =>
      addressesOf([group]).map((labels) => ({ document, job, identity: group.identity, labels })),
    ),
  );
}

/** The targets of several documents, in their order; `ecsTargetsOf` gives each its own by its index. */
export async function planFamilies(
  configs: readonly FamilyConfig[],
  ecsTargetsOf: (document: number) => readonly IdentifiedGroup[],
  readFiles: (pattern: string) => Promise<readonly TargetGroup[]>,
  isOwn: (document: number) => boolean = () => true,
): Promise<PlannedTarget[]> {
  const planned = configs.map((config, document) =>
    planTargets(config, document, ecsTargetsOf(document), readFiles, isOwn(document)),
  );
  return (await Promise.all(planned)).flat();
}

/** The file_sd entry that stands for the ECS targets of a document. */
function ecsTargetFile({ agent }: FamilyConfig): string {
  return agent.logs.metrics_collected.prometheus.ecs_service_discovery?.sd_result_file ?? DEFAULT_SD_RESULT_FILE;
}

/** Whether a document's Prometheus configuration names targets besides the ECS ones. */
export function hasOwnTargets(config: FamilyConfig): boolean {
  const ecsFile = ecsTargetFile(config);
  return config.prometheus.scrape_configs.some(
    ({ static_configs, file_sd_configs }) =>
      (static_configs ?? []).length > 0 ||
      (file_sd_configs ?? []).some(({ files }) => files.some((file) => file !== ecsFile)),
  );
}
