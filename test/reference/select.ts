import type { MetricType } from '../../lib/prometheus/exposition.ts';
import type { Labels } from './relabel.ts';
import type { DimensionSets, Rules } from './rules.ts';

export type Selection = {
  /** Those whose labels are all there, each once. */
  readonly dimensionSets: DimensionSets;
  /** Whether a declared set has no use, since labels of it are missing. */
  readonly isLacking: boolean;
};

/** What the declarations make of a metric; nothing if none selects it. */
export function selectionOf(name: string, labels: Labels, { declarations }: Rules): Selection | undefined {
  const selecting = declarations.filter(({ metric_selectors, label_matcher, source_labels, label_separator }) => {
    const joined = source_labels.map((label) => labels.get(label) ?? '').join(label_separator);
    return metric_selectors.some((selector) => selector.search(name)) && label_matcher.search(joined);
  });
  if (selecting.length === 0) return undefined;
  const declared = selecting.flatMap(({ dimensionSets }) => dimensionSets);
  const there = declared.filter((names) => names.every((label) => labels.has(label)));
  return { dimensionSets: eachOnce(there), isLacking: there.length < declared.length };
}

export function eachOnce(sets: DimensionSets): DimensionSets {
  return [...new Map(sets.map((names) => [JSON.stringify(names), names])).values()];
}

/** Whether a sample of this name may leave, or is needed by what may: the others of its histogram, and its count. */
export function isWanted(name: string, { declarations, logsUnselected }: Rules): boolean {
  if (logsUnselected) return true;
  const isSelected = (metric: string) =>
    declarations.some(({ metric_selectors }) => metric_selectors.some((selector) => selector.search(metric)));
  const [, family = '', part] = /^(.*)_(bucket|g?sum|g?count)$/s.exec(name) ?? [];
  return (
    isSelected(name) || (part !== undefined && isSelected(family)) || (part === 'count' && isSelected(`${family}_sum`))
  );
}

/** Labels as they leave: none that starts with `__`; ClusterName where it is absent; those that the agent adds. */
export function leavingLabels(finalLabels: Labels, type: MetricType, { clusterName, isAgent }: Rules): Labels {
  const labels = new Map([...finalLabels].filter(([name]) => !name.startsWith('__')));
  if (!labels.has('ClusterName') && clusterName !== '') labels.set('ClusterName', clusterName);
  if (isAgent) labels.set('prom_metric_type', type);
  if (isAgent && !labels.has('job')) labels.set('JobName', 'default');
  return labels;
}
