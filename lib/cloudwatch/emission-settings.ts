import { delimited } from '../prometheus/label-keys.ts';
import type { Metric } from './emission.ts';

/** What metrics have in common, whatever their labels. */
export type EmissionSettings = {
  /** Another one for other settings. */
  readonly number: number;
  readonly dimensions: Dimensions;
  readonly example: Metric;
};

/** The names that are a dimension, each once, and the numbers of the values and log streams met with them. */
type Dimensions = { readonly names: readonly string[]; readonly numbers: Map<string, number> };

/** Numbers settings as they are met, for metrics that are compared with each other. */
export type SettingsOf = (metric: Metric) => EmissionSettings;

export function emissionSettings(): SettingsOf {
  const byText = new Map<string, EmissionSettings>();
  const byNames = new Map<string, Dimensions>();
  // Dimension sets that are equal are the same object, but for unusual ones.
  const bySets = new Map<Metric['dimensionSets'], Map<string, EmissionSettings>>();
  return (metric) => {
    const { dimensionSets, name } = metric;
    const byName = bySets.get(dimensionSets) ?? new Map<string, EmissionSettings>();
    const last = byName.get(name);
    if (last !== undefined && areAlike(last.example, metric)) return last;
    bySets.set(dimensionSets, byName);
    const text = textOf(metric);
    const dimensions = dimensionsOf(byNames, dimensionSets);
    const settings = byText.get(text) ?? { number: byText.size, dimensions, example: metric };
    byText.set(text, settings);
    byName.set(name, settings);
    return settings;
  };
}

function dimensionsOf(byNames: Map<string, Dimensions>, dimensionSets: Metric['dimensionSets']): Dimensions {
  const names = [...new Set(dimensionSets.flat())];
  const text = JSON.stringify(names);
  const known = byNames.get(text) ?? { names, numbers: new Map() };
  byNames.set(text, known);
  return known;
}

function textOf({ name, namespace, dimensionSets, unit, storageResolution, entity, form, logGroupName }: Metric) {
  return JSON.stringify([name, namespace, dimensionSets, unit, storageResolution, entity, form, logGroupName]);
}

/** Of equal name and dimension sets. */
function areAlike(a: Metric, b: Metric): boolean {
  return (
    a.namespace === b.namespace &&
    a.unit === b.unit &&
    a.storageResolution === b.storageResolution &&
    a.entity === b.entity &&
    a.form === b.form &&
    a.logGroupName === b.logGroupName
  );
}

/**
 * With the settings, all but the time that decides which metrics CloudWatch makes of a metric: equal ones have equal
 * numbers.
 */
export function identityOf({ labels, logStreamName }: Metric, { dimensions }: EmissionSettings): number {
  const { names, numbers } = dimensions;
  let text = delimited(logStreamName);
  for (const name of names) text += delimited(labels.get(name) ?? '');
  const number = numbers.get(text) ?? numbers.size;
  numbers.set(text, number);
  return number;
}
