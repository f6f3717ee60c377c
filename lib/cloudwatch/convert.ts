import type { NoDelta } from '../prometheus/counter-delta.ts';
import type { MetricType } from '../prometheus/exposition.ts';
import { type Labels, labelsKey } from '../prometheus/labels.ts';
import type { Sample } from '../prometheus/samples.ts';
import { type Emission, type EmissionFault, isDimensionValue, metricNameFault } from './emf.ts';
import { type EmissionRules, familyOf, kindOf, type SampleKind } from './emission-rules.ts';
import { ENVELOPE, MAX_VALUE, NEWEST_TIMESTAMP_MS, OLDEST_TIMESTAMP_MS } from './limits.ts';
import type { Selection } from './metric-declaration.ts';
import type { Profile } from './options.ts';

/** Why a sample that a rule selects gives no metric, or not all of them. */
export type DropReason =
  | EmissionFault
  | NoDelta
  | 'missing_dimension'
  | 'no_dimension_set'
  | 'not_a_number'
  | 'out_of_range'
  | 'timestamp_out_of_window'
  | 'duplicate'
  | 'written_already'
  | 'histogram'
  | 'untyped'
  | 'unsupported_type';

/** A sample on its way, with what selects it. */
export type Candidate = {
  readonly sample: Sample;
  readonly kind: SampleKind;
  readonly family: string;
  readonly type: MetricType;
  readonly labels: Labels;
  readonly selection: Selection | undefined;
};

export type Drop = (reason: DropReason, candidate: Candidate) => void;

/**
 * The samples that the rules let out: selected ones, or all where unselected samples are logged. Later samples with
 * the name and labels of an earlier one are dropped as duplicates.
 */
export function selectSamples(
  samples: readonly Sample[],
  types: ReadonlyMap<string, MetricType>,
  rules: EmissionRules,
  drop: Drop,
): Candidate[] {
  const seen = new Set<string>();
  const candidates: Candidate[] = [];
  for (const sample of samples) {
    if (!rules.wants(sample.name)) continue;
    const { family, type } = familyOfSample(sample, types, rules.profile);
    const kind = kindOf(sample.exposedName, family, type, rules.profile);
    const labels = emittedLabels(sample.finalLabels, type, rules);
    const selection = rules.declarations.select(sample.name, labels);
    if (selection === undefined && rules.unselected === 'drop') continue;
    const candidate = { sample, kind, family, type, labels, selection };
    const key = `${sample.name}${labelsKey(labels)}`;
    if (seen.has(key)) {
      drop('duplicate', candidate);
      continue;
    }
    seen.add(key);
    const unsupported = unsupportedReason(kind, rules);
    if (unsupported !== undefined) drop(unsupported, candidate);
    else candidates.push(candidate);
  }
  return candidates;
}

/** OpenMetrics may give a counter the name of a gauge before it: the line above the sample counts. */
function familyOfSample(sample: Sample, types: ReadonlyMap<string, MetricType>, profile: Profile) {
  const { ownType, exposedName } = sample;
  if (profile === 'prom-emf' && ownType !== undefined) return { family: exposedName, type: ownType };
  return familyOf(exposedName, types, profile);
}

function unsupportedReason(kind: SampleKind, rules: EmissionRules): DropReason | undefined {
  if (kind === 'histogram') return 'histogram';
  if (kind === 'unsupported') return 'unsupported_type';
  return kind === 'untyped' && rules.untyped === 'drop' ? 'untyped' : undefined;
}

/** The labels that leave: no name starting `__`; ClusterName where it is absent; the agent's own where asked for. */
function emittedLabels(emitted: Map<string, string>, type: MetricType, rules: EmissionRules): Labels {
  for (const name of emitted.keys()) if (name.startsWith('__')) emitted.delete(name);
  if (!emitted.has('ClusterName') && rules.clusterName !== '') emitted.set('ClusterName', rules.clusterName);
  if (rules.profile !== 'cloudwatch-agent') return emitted;
  emitted.set('prom_metric_type', type);
  if (!emitted.has('job')) emitted.set('JobName', 'default');
  return emitted;
}

/** The emission of a candidate, or nothing with a counted reason. `value` is a delta for counters. */
export function emissionOf(
  candidate: Candidate,
  value: number | NoDelta,
  context: {
    readonly rules: EmissionRules;
    readonly dueAt: number;
    readonly nowMs: number;
    readonly storageResolution: 1 | 60;
    readonly honorTimestamps: boolean;
  },
  drop: Drop,
): Emission | undefined {
  const { sample, labels, selection } = candidate;
  const { rules, dueAt, nowMs } = context;
  const refuse = (reason: DropReason) => {
    drop(reason, candidate);
    return undefined;
  };
  if (typeof value === 'string') return refuse(value);
  if (!Number.isFinite(value)) return refuse('not_a_number');
  if (rules.profile === 'prom-emf' && Math.abs(value) > MAX_VALUE) return refuse('out_of_range');
  const timestampMs = (context.honorTimestamps ? sample.timestampMs : undefined) ?? dueAt;
  if (timestampMs < nowMs - OLDEST_TIMESTAMP_MS || timestampMs > nowMs + NEWEST_TIMESTAMP_MS)
    return refuse('timestamp_out_of_window');
  const nameFault = metricNameFault(sample.name);
  if (nameFault !== undefined) return refuse(nameFault);
  const dimensionSets = usableSets(selection, sample.name, labels, refuse);
  if (dimensionSets === undefined) return undefined;
  if (dimensionSets.length === 0 && rules.unselected === 'drop')
    return refuse((selection?.missing.length ?? 0) > 0 ? 'missing_dimension' : 'no_dimension_set');
  return {
    namespace: rules.namespace,
    labels,
    name: sample.name,
    value,
    timestampMs,
    dimensionSets,
    unit: rules.units.get(sample.name),
    storageResolution: context.storageResolution,
    logGroupName: rules.logGroupName,
    logStreamName: labels.get('job') ?? 'default',
  };
}

/** The dimension sets CloudWatch would take; nothing when that leaves none of them. */
function usableSets(
  selection: Selection | undefined,
  metric: string,
  labels: Labels,
  refuse: (reason: DropReason) => undefined,
): readonly (readonly string[])[] | undefined {
  const sets = selection?.dimensionSets ?? [];
  if (sets.length === 0) return sets;
  const named = sets.filter((names) => !names.includes(metric) && !names.includes(ENVELOPE));
  if (named.length === 0) return refuse('name_clash');
  const valued = named.filter((names) => names.every((name) => isDimensionValue(labels.get(name) ?? '')));
  return valued.length === 0 ? refuse('dimension_value') : valued;
}
