import type { Exposition, MetricType } from '../prometheus/exposition.ts';
import type { Labels } from '../prometheus/labels.ts';
import type { Sample } from '../prometheus/samples.ts';
import { type EmissionRules, familyOf, kindOf, type SampleKind } from './emission-rules.ts';
import type { Profile } from './options.ts';

/** A sample with what its exposition says of it. */
export type TypedSample = {
  readonly sample: Sample;
  readonly family: string;
  readonly type: MetricType;
  readonly kind: SampleKind;
  readonly labels: Labels;
};

/** A sample with its type and the labels that leave. Its own label set is used up. */
export function typedSample(sample: Sample, types: Exposition['types'], rules: EmissionRules): TypedSample {
  const { family, type } = familyOfSample(sample, types, rules.profile);
  // The agent drops histograms; who asks it for them gets ours.
  const isOurs = rules.histograms !== 'drop' && (type === 'histogram' || type === 'gaugehistogram');
  const kind = kindOf(sample.exposedName, family, type, isOurs ? 'prom-emf' : rules.profile);
  return { sample, family, type, kind, labels: emittedLabels(sample.finalLabels, type, rules) };
}

/** OpenMetrics may give a counter the name of a gauge before it: the line above the sample counts. */
function familyOfSample(sample: Sample, types: ReadonlyMap<string, MetricType>, profile: Profile) {
  const { ownType, exposedName } = sample;
  if (profile === 'prom-emf' && ownType !== undefined) return { family: exposedName, type: ownType };
  return familyOf(exposedName, types, profile);
}

/** The labels that leave: no name starting `__`; ClusterName where it is absent; the agent's own where asked for. */
export function emittedLabels(emitted: Map<string, string>, type: MetricType, rules: EmissionRules): Labels {
  for (const name of emitted.keys()) if (name.startsWith('__')) emitted.delete(name);
  if (!emitted.has('ClusterName') && rules.clusterName !== '') emitted.set('ClusterName', rules.clusterName);
  if (rules.profile !== 'cloudwatch-agent') return emitted;
  emitted.set('prom_metric_type', type);
  if (!emitted.has('job')) emitted.set('JobName', 'default');
  return emitted;
}
