import { flatText } from '../prometheus/flat-text.ts';
import { delimited } from '../prometheus/label-keys.ts';
import type { Emission } from './emission.ts';

/** What emissions of one metric have in common, whatever their labels, values and times. */
export type EmissionSettings = {
  /** Ends with a space; another one for other settings. */
  readonly id: string;
  /** The labels that are a dimension, each once. */
  readonly dimensions: readonly string[];
  readonly example: Emission;
};

/** Numbers settings as they are met, for emissions that are compared with each other. */
export function emissionSettings(): (emission: Emission) => EmissionSettings {
  const byText = new Map<string, EmissionSettings>();
  // Dimension sets that are equal are the same object, but for unusual ones.
  const bySets = new Map<Emission['dimensionSets'], Map<string, EmissionSettings>>();
  return (emission) => {
    const { dimensionSets, name } = emission;
    const byName = bySets.get(dimensionSets) ?? new Map<string, EmissionSettings>();
    const last = byName.get(name);
    if (last !== undefined && areAlike(last.example, emission)) return last;
    bySets.set(dimensionSets, byName);
    const text = textOf(emission);
    const dimensions = [...new Set(dimensionSets.flat())];
    const settings = byText.get(text) ?? { id: `${byText.size} `, dimensions, example: emission };
    byText.set(text, settings);
    byName.set(name, settings);
    return settings;
  };
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

/** A text for everything that decides which metrics CloudWatch makes of an emission. */
export function identityKey({ labels, timestampMs, logStreamName }: Emission, settings: EmissionSettings): string {
  let key = `${settings.id}${timestampMs} ${delimited(logStreamName)}`;
  for (const name of settings.dimensions) key += delimited(labels.get(name) ?? '');
  return flatText(key);
}
