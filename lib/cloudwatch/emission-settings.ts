import { delimited } from '../prometheus/label-keys.ts';
import type { Labels } from '../prometheus/labels.ts';
import type { Emission } from './emission.ts';

/** What emissions of one metric have in common, whatever their labels, values and times. */
export type EmissionSettings = {
  /** Ends with a space; another one for other settings. */
  readonly id: string;
  readonly dimensions: Dimensions;
  readonly example: Emission;
};

/** The names that are a dimension, each once, and the numbers of the values and log streams met with them. */
type Dimensions = {
  readonly names: readonly string[];
  readonly numbers: Map<string, number>;
  /** By the label set that they come from. */
  readonly places: Map<Labels, Place>;
};

type Place = { readonly logStreamName: string; readonly number: number };

/** Numbers settings as they are met, for emissions that are compared with each other. */
export type SettingsOf = (emission: Emission) => EmissionSettings;

export function emissionSettings(): SettingsOf {
  const byText = new Map<string, EmissionSettings>();
  const byNames = new Map<string, Dimensions>();
  // Dimension sets that are equal are the same object, but for unusual ones.
  const bySets = new Map<Emission['dimensionSets'], Map<string, EmissionSettings>>();
  return (emission) => {
    const { dimensionSets, name } = emission;
    const byName = bySets.get(dimensionSets) ?? new Map<string, EmissionSettings>();
    const last = byName.get(name);
    if (last !== undefined && areAlike(last.example, emission)) return last;
    bySets.set(dimensionSets, byName);
    const text = textOf(emission);
    const dimensions = dimensionsOf(byNames, dimensionSets);
    const settings = byText.get(text) ?? { id: `${byText.size} `, dimensions, example: emission };
    byText.set(text, settings);
    byName.set(name, settings);
    return settings;
  };
}

function dimensionsOf(byNames: Map<string, Dimensions>, dimensionSets: Emission['dimensionSets']): Dimensions {
  const names = [...new Set(dimensionSets.flat())];
  const text = JSON.stringify(names);
  const known = byNames.get(text) ?? { names, numbers: new Map(), places: new Map() };
  byNames.set(text, known);
  return known;
}

function textOf(emission: Emission): string {
  const { name, namespace, dimensionSets, unit, storageResolution, entity, logGroupName } = emission;
  return JSON.stringify([
    name,
    namespace,
    dimensionSets,
    unit,
    storageResolution,
    entity,
    formOf(emission),
    logGroupName,
  ]);
}

/** Of equal name and dimension sets. */
function areAlike(a: Emission, b: Emission): boolean {
  return (
    a.namespace === b.namespace &&
    a.unit === b.unit &&
    a.storageResolution === b.storageResolution &&
    a.entity === b.entity &&
    formOf(a) === formOf(b) &&
    a.logGroupName === b.logGroupName
  );
}

function formOf({ value, distributionForm }: Emission): string {
  return typeof value === 'number' ? 'number' : distributionForm;
}

/**
 * With the settings and the time, all that decides which metrics CloudWatch makes of an emission: equal ones have equal
 * numbers.
 */
export function identityOf({ labels, logStreamName }: Emission, { dimensions }: EmissionSettings): number {
  const { names, numbers, places } = dimensions;
  const last = places.get(labels);
  if (last?.logStreamName === logStreamName) return last.number;
  let text = delimited(logStreamName);
  for (const name of names) text += delimited(labels.get(name) ?? '');
  const number = numbers.get(text) ?? numbers.size;
  numbers.set(text, number);
  places.set(labels, { logStreamName, number });
  return number;
}
