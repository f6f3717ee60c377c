import type { Exposition, MetricType } from '../prometheus/exposition.ts';
import type { Labels } from '../prometheus/labels.ts';
import type { Sample } from '../prometheus/samples.ts';
import { type EmissionRules, familyOf, kindOf, type SampleKind } from './emission-rules.ts';
import { memoisedPairs } from './memo.ts';

/** A sample with what its exposition says of it. */
export type TypedSample = {
  readonly sample: Sample;
  readonly family: string;
  readonly type: MetricType;
  readonly kind: SampleKind;
  readonly labels: Labels;
};

/** What the name of a sample says of it. */
type SampleType = Pick<TypedSample, 'family' | 'type' | 'kind'>;

/** The types of an exposition's samples, worked out once for each name. */
export function sampleTypes(types: Exposition['types'], rules: EmissionRules): (sample: Sample) => SampleType {
  const known = new Map<string, SampleType & { readonly ownType: MetricType | undefined }>();
  return ({ exposedName, ownType }) => {
    const last = known.get(exposedName);
    if (last !== undefined && last.ownType === ownType) return last;
    // OpenMetrics may give a counter the name of a gauge before it: the line above the sample counts.
    const isOwn = ownType !== undefined && rules.profile === 'prom-emf';
    const { family, type } = isOwn
      ? { family: exposedName, type: ownType }
      : familyOf(exposedName, types, rules.profile);
    // The agent drops histograms; who asks it for them gets ours.
    const isOurs = rules.histograms !== 'drop' && (type === 'histogram' || type === 'gaugehistogram');
    const kind = kindOf(exposedName, family, type, isOurs ? 'prom-emf' : rules.profile);
    const found = { family, type, kind, ownType };
    known.set(exposedName, found);
    return found;
  };
}

/** The labels that leave: no name starting `__`; ClusterName where it is absent; the agent's own where asked for. */
export function emittedLabels(labels: Labels, type: MetricType, rules: EmissionRules): Labels {
  const isAgent = rules.profile === 'cloudwatch-agent';
  if (!isAgent && (labels.has('ClusterName') || rules.clusterName === '') && !hasHidden(labels)) return labels;
  const emitted = new Map<string, string>();
  for (const [name, value] of labels) if (!isHidden(name)) emitted.set(name, value);
  if (!emitted.has('ClusterName') && rules.clusterName !== '') emitted.set('ClusterName', rules.clusterName);
  if (!isAgent) return emitted;
  emitted.set('prom_metric_type', type);
  if (!emitted.has('job')) emitted.set('JobName', 'default');
  return emitted;
}

function hasHidden(labels: Labels): boolean {
  for (const name of labels.keys()) if (isHidden(name)) return true;
  return false;
}

function isHidden(name: string): boolean {
  return name.startsWith('__');
}

/** `emittedLabels`, worked out once for each label set that is one object, and each type where that matters. */
export function labelsThatLeave(rules: EmissionRules): (labels: Labels, type: MetricType) => Labels {
  const leaving = memoisedPairs((type: MetricType, labels: Labels) => emittedLabels(labels, type, rules));
  return (labels, type) => leaving(rules.profile === 'cloudwatch-agent' ? type : 'unknown', labels);
}
