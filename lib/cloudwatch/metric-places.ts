import { type LabelNumbers, labelNumbers } from '../prometheus/label-keys.ts';
import { OrderedMap } from '../prometheus/ordered-map.ts';
import type { Metric } from './emission.ts';
import { type EmissionSettings, emissionSettings, identityOf } from './emission-settings.ts';

/** Where a metric belongs, but for its times. */
export type Place = {
  readonly settings: EmissionSettings;
  /** Equal for metrics that CloudWatch cannot tell apart. */
  readonly identity: number;
  /** Equal for metrics that one document can hold together. */
  readonly document: number;
  /** It shares nothing: what CloudWatch makes no metric of, and what is to stay apart. */
  readonly isAlone: boolean;
  readonly isSum: boolean;
};

/** The places of metrics, worked out once for each that is one object. */
export type MetricPlaces = {
  readonly placeOf: (metric: Metric) => Place;
  readonly labelNumbers: LabelNumbers;
  /** How many metrics have one, and how many identities and documents they have. */
  readonly count: () => number;
  readonly identities: () => number;
  readonly documents: () => number;
};

export function metricPlaces(numbers = labelNumbers()): MetricPlaces {
  const places = new OrderedMap<Metric, Place>();
  const settingsOf = emissionSettings();
  const identities = pairNumbers<number>();
  const documents = pairNumbers<number>();
  const documentSettings = new Map<string, number>();
  const documentOf = ({ labels, namespace, entity, logGroupName, logStreamName }: Metric) => {
    const text = JSON.stringify([namespace, entity, logGroupName, logStreamName]);
    const number = documentSettings.get(text) ?? documentSettings.size;
    documentSettings.set(text, number);
    return documents.numberOf(number, numbers.numberOf(labels));
  };
  const placeOf = (metric: Metric) => {
    const known = places.get(metric);
    if (known !== undefined) return known;
    const settings = settingsOf(metric);
    const identity = identities.numberOf(settings.number, identityOf(metric, settings));
    const isAlone = metric.combine === 'apart' || metric.dimensionSets.length === 0;
    const place = { settings, identity, document: documentOf(metric), isAlone, isSum: metric.combine === 'sum' };
    places.add(metric, place);
    return place;
  };
  return {
    placeOf,
    labelNumbers: numbers,
    count: () => places.size,
    identities: identities.count,
    documents: documents.count,
  };
}

/** Numbers for pairs, one after the other as they are met. */
export type PairNumbers<First> = {
  readonly numberOf: (first: First, second: number) => number;
  readonly count: () => number;
};

export function pairNumbers<First>(): PairNumbers<First> {
  const numbers = new Map<First, Map<number, number>>();
  let count = 0;
  const numberOf = (first: First, second: number) => {
    const ofFirst = numbers.get(first) ?? new Map<number, number>();
    const known = ofFirst.get(second);
    if (known !== undefined) return known;
    numbers.set(first, ofFirst.set(second, count));
    count += 1;
    return count - 1;
  };
  return { numberOf, count: () => count };
}
