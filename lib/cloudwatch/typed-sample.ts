import { compactLabels, labelNames } from '../prometheus/compact-labels.ts';
import type { Exposition, MetricType } from '../prometheus/exposition.ts';
import type { Labels } from '../prometheus/labels.ts';
import { type EmissionRules, familyOf, kindOf, type SampleKind } from './emission-rules.ts';
import { memoisedPairs } from './memo.ts';
import { unitOfMetadata } from './metadata-unit.ts';

/** What the name of a sample says of it; one object as long as that stays. */
export type SampleType = {
  readonly family: string;
  readonly type: MetricType;
  readonly kind: SampleKind;
  /** The CloudWatch unit that the target's metadata gives. */
  readonly unit: string | undefined;
};

/** The types of names in the exposition before, which most names have again. */
export type KnownTypes = Map<string, SampleType>;

/** The types of an exposition's samples, worked out once for each name. */
export function sampleTypes(
  exposition: Pick<Exposition, 'types' | 'units'>,
  rules: EmissionRules,
  known: KnownTypes,
): (exposedName: string, ownType: MetricType | undefined) => SampleType {
  type Told = { readonly type: SampleType; readonly ownType: MetricType | undefined };
  const told = new Map<string, Told>();
  let name: string | undefined;
  let last: Told | undefined;
  return (exposedName, ownType) => {
    if (exposedName !== name) last = told.get(exposedName);
    name = exposedName;
    if (last !== undefined && last.ownType === ownType) return last.type;
    const fresh = sampleType(exposedName, ownType, exposition, rules);
    const before = known.get(exposedName);
    const type = before !== undefined && areAlike(before, fresh) ? before : fresh;
    known.set(exposedName, type);
    last = { type, ownType };
    told.set(exposedName, last);
    return type;
  };
}

function sampleType(
  exposedName: string,
  ownType: MetricType | undefined,
  { types, units }: Pick<Exposition, 'types' | 'units'>,
  rules: EmissionRules,
): SampleType {
  // OpenMetrics may give a counter the name of a gauge before it: the line above the sample counts.
  const isOwn = ownType !== undefined && rules.profile === 'prom-emf';
  const { family, type } = isOwn ? { family: exposedName, type: ownType } : familyOf(exposedName, types, rules.profile);
  // The agent drops histograms; who asks it for them gets ours.
  const isOurs = rules.histograms !== 'drop' && (type === 'histogram' || type === 'gaugehistogram');
  const kind = kindOf(exposedName, family, type, isOurs ? 'prom-emf' : rules.profile);
  return { family, type, kind, unit: unitOf(family, kind, units, rules) };
}

function areAlike(a: SampleType, b: SampleType): boolean {
  return a.family === b.family && a.type === b.type && a.kind === b.kind && a.unit === b.unit;
}

/** A count is one of observations, whatever their unit. */
function unitOf(family: string, kind: SampleKind, units: Exposition['units'], { profile }: EmissionRules) {
  const unit = units.get(family);
  if (unit === undefined || kind === 'count' || profile === 'cloudwatch-agent') return undefined;
  return unitOfMetadata(unit);
}

/** Whether the labels leave as they are. */
function isLeaving(labels: Labels, { profile, clusterName }: EmissionRules): boolean {
  return profile !== 'cloudwatch-agent' && (labels.has('ClusterName') || clusterName === '') && !hasHidden(labels);
}

/** The labels that leave: no name starting `__`; ClusterName where it is absent; the agent's own where asked for. */
function emittedLabels(labels: Labels, type: MetricType, { profile, clusterName }: EmissionRules): Labels {
  const emitted = new Map<string, string>();
  for (const [name, value] of labels) if (!isHidden(name)) emitted.set(name, value);
  if (!emitted.has('ClusterName') && clusterName !== '') emitted.set('ClusterName', clusterName);
  if (profile !== 'cloudwatch-agent') return emitted;
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

/** The labels that leave, one object for each label set that is one, and each type where that matters. */
export function labelsThatLeave(rules: EmissionRules): (labels: Labels, type: MetricType) => Labels {
  const names = labelNames();
  const leaving = memoisedPairs((type: MetricType, labels: Labels) =>
    compactLabels(emittedLabels(labels, type, rules), names),
  );
  return (labels, type) => {
    if (isLeaving(labels, rules)) return labels;
    return leaving(rules.profile === 'cloudwatch-agent' ? type : 'unknown', labels);
  };
}
