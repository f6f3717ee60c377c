import type { MetricDeclaration } from '../agent-config.ts';
import type { WantedAlarm } from './alarm-settings.ts';
import type { SuggestedAlarm, Widget } from './rule-widgets.ts';
import type { WantedScaling } from './scaling-settings.ts';

/** A rule pack that is on for a family. */
export type MonitoredExporter = {
  readonly name: string;
  readonly title: string;
  readonly widgets: readonly Widget[];
  readonly alarms: readonly SuggestedAlarm[];
  readonly declarations: readonly MetricDeclaration[];
};

/** What a task family publishes, and what its owner wants to see and hear of it. */
export type MonitoredFamily = {
  readonly family: string;
  /** Letters and digits: the family's part of CloudFormation's logical ids. */
  readonly logicalName: string;
  readonly cluster: string;
  readonly namespace: string;
  /** Where the EMF documents are: the log group of scrape, or the agent's. */
  readonly logGroupName: string;
  readonly exporters: readonly MonitoredExporter[];
  /** Declarations of the user's own rules: of their metrics only the selectors are known. */
  readonly customDeclarations: readonly MetricDeclaration[];
  readonly alarms: readonly WantedAlarm[];
  readonly scaling: readonly WantedScaling[];
};

/** What is wrong with a setting; `path` starts below `x-prom-emf`, such as `['Alarms', 'HighHeap', 'Period']`. */
export type SettingProblem = {
  readonly severity: 'error' | 'warning';
  readonly path: readonly string[];
  readonly text: string;
};

/** @throws {Error} with all errors: settings that were not checked before they are rendered. */
export function refuseErrors(problems: readonly SettingProblem[]): void {
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ path, text }) => `${path.join('.')}: ${text}`).join('\n'));
}
