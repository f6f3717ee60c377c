import { compactLabels, type LabelNames, labelNames } from './compact-labels.ts';
import { type ExposedSample, type Exposition, ExpositionError, type LabelPair } from './exposition.ts';
import { flatText } from './flat-text.ts';
import { jsonString } from './json-string.ts';
import { isLegacyLabelName, type Labels, labelsKey, METRIC_NAME } from './labels.ts';
import { OrderedMap } from './ordered-map.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import type { ScrapeJob } from './target.ts';

/** All of a relabeled sample that is the same from scrape to scrape, but for its name as exposed. */
export type Series = {
  readonly name: string;
  /** Without the metric name; one object for many series. */
  readonly finalLabels: Labels;
  /** As exposed, with the name: types and baselines go by them. */
  readonly exposedLabels: readonly LabelPair[];
  /** What is exposed, unambiguous: the key of a baseline within its target. */
  readonly seriesKey: string;
};

/** A sample with its target's labels, relabeled. */
export type Sample = Pick<ExposedSample, 'value' | 'timestampMs' | 'ownType'> & {
  readonly series: Series;
  readonly exposedName: string;
};

export type SampleErrorCode = 'sample_limit' | 'label_limit' | 'invalid_sample';

/** What Prometheus reports of a scrape: scrape_samples_scraped and scrape_samples_post_metric_relabeling. */
export type SampleCounts = { readonly scraped: number; readonly postRelabel: number };

const NOTHING: SampleCounts = { scraped: 0, postRelabel: 0 };

/** A body that is well formed and may not be used: nothing of it is. */
export class SampleError extends Error {
  readonly code: SampleErrorCode;
  /** Up to the fault; a limit of samples is no fault before the end. */
  counts = NOTHING;

  constructor(code: SampleErrorCode, text: string) {
    super(text);
    this.name = 'SampleError';
    this.code = code;
  }
}

/** The name with the labels as JSON: an unambiguous text, which is kept from scrape to scrape. */
export function seriesKeyOf(name: string, labels: readonly LabelPair[]): string {
  return flatText(nameKey(name) + labelsText(labels));
}

function nameKey(name: string): string {
  // A name of other characters could end as the labels' JSON does.
  return /^[\w:]+$/.test(name) ? name : JSON.stringify(name);
}

function labelsText(labels: readonly LabelPair[]): string {
  if (labels.length === 0) return '';
  let text = '';
  let separator = '[[';
  for (const [label, value] of labels) {
    text += `${separator}${jsonString(label)},${jsonString(value)}`;
    separator = '],[';
  }
  return flatText(`${text}]]`);
}

/** What relabeling made of the series of a target and a job, found by label sets that are one object. */
export type RelabelMemory = {
  /** By the name as exposed; null: relabeling dropped it. */
  readonly series: Map<string, OrderedMap<readonly LabelPair[], Series | null>>;
  /** Of exposed label sets, for the keys of series. */
  readonly texts: Map<readonly LabelPair[], string>;
  /** With the target's labels, where they are the same for each name. */
  readonly joined: Map<readonly LabelPair[], Labels>;
  readonly names: LabelNames;
  readonly total: SeriesTotal;
};

/** How many series several memories know together. */
export type SeriesTotal = { series: number };

export function relabelMemory(total: SeriesTotal = { series: 0 }): RelabelMemory {
  return { series: new Map(), texts: new Map(), joined: new Map(), names: labelNames(), total };
}

/** A series whose key is worked out when it is needed, which few gauges do. */
class KnownSeries implements Series {
  readonly name: string;
  readonly finalLabels: Labels;
  readonly exposedLabels: readonly LabelPair[];
  readonly #exposedName: string;
  readonly #texts: RelabelMemory['texts'];
  #key: string | undefined;

  constructor(
    name: string,
    finalLabels: Labels,
    exposedName: string,
    exposedLabels: readonly LabelPair[],
    texts: RelabelMemory['texts'],
  ) {
    this.name = name;
    this.finalLabels = finalLabels;
    this.exposedLabels = exposedLabels;
    this.#exposedName = exposedName;
    this.#texts = texts;
  }

  get seriesKey(): string {
    if (this.#key === undefined) {
      const text = this.#texts.get(this.exposedLabels) ?? labelsText(this.exposedLabels);
      this.#texts.set(this.exposedLabels, text);
      this.#key = nameKey(this.#exposedName) + text;
    }
    return this.#key;
  }
}

/** Whether the job's settings need the labels of samples that nothing selects. */
export function needsEveryLabel(job: ScrapeJob): boolean {
  const { label_limit, label_name_length_limit, label_value_length_limit } = job.config;
  const limits = [label_limit, label_name_length_limit, label_value_length_limit];
  return job.metricRelabel !== undefined || job.validation === 'legacy' || limits.some(Boolean);
}

/**
 * Joins the target's labels, relabels, and applies the limits. `postRelabel` counts what relabeling left.
 * Source of the order: prometheus scrape/scrape.go, scrapeLoop append.
 * @throws {SampleError} for the whole body.
 */
export function relabelSamples(
  exposition: Exposition,
  job: ScrapeJob,
  targetLabels: Labels,
  memory: RelabelMemory = relabelMemory(),
): { samples: Sample[]; postRelabel: number } {
  const samples: Sample[] = [];
  const undecoded = exposition.scraped - exposition.samples.length;
  const isWhole = ([name, value]: LabelPair) => name !== '' && name !== METRIC_NAME && value !== '';
  const isPlain = !needsEveryLabel(job) && [...targetLabels].every(isWhole);
  let scraped = undecoded;
  let ofName: OrderedMap<readonly LabelPair[], Series | null> | undefined;
  let name: string | undefined;
  try {
    for (const exposed of exposition.samples) {
      scraped += 1;
      if (ofName === undefined || exposed.name !== name) {
        name = exposed.name;
        ofName = memory.series.get(name) ?? new OrderedMap<readonly LabelPair[], Series | null>();
        memory.series.set(name, ofName);
      }
      let series = ofName.get(exposed.labels);
      if (series === undefined) {
        series = seriesOf(exposed, job, targetLabels, isPlain, memory) ?? null;
        ofName.add(exposed.labels, series);
        memory.total.series += 1;
      }
      if (series === null) continue;
      const { value, timestampMs, ownType } = exposed;
      samples.push({ series, exposedName: name, value, timestampMs, ownType });
    }
  } catch (error) {
    if (error instanceof SampleError) error.counts = { scraped, postRelabel: samples.length + undecoded };
    throw error;
  }
  const postRelabel = samples.length + undecoded;
  const limit = job.config.sample_limit ?? 0;
  if (limit > 0 && postRelabel > limit) {
    const stored = postRelabel - repeatsOf(samples, job.config.honor_timestamps ?? true);
    if (stored > limit) {
      const error = new SampleError('sample_limit', `${stored} samples exceed sample_limit ${limit}`);
      error.counts = { scraped: exposition.scraped, postRelabel };
      throw error;
    }
  }
  return { samples, postRelabel };
}

/** The series of a sample; undefined where relabeling drops it. */
function seriesOf(
  exposed: ExposedSample,
  job: ScrapeJob,
  targetLabels: Labels,
  isPlain: boolean,
  memory: RelabelMemory,
): Series | undefined {
  const { name, labels } = exposed;
  // Without relabeling, what a label set becomes is the same for each name.
  const known = isPlain && name !== '' ? memory.joined.get(labels) : undefined;
  const relabeled = known === undefined ? relabelSample(exposed, job, targetLabels) : { name, finalLabels: known };
  if (relabeled === undefined) return undefined;
  const finalLabels = known ?? compactLabels(relabeled.finalLabels, memory.names);
  if (isPlain && known === undefined) memory.joined.set(labels, finalLabels);
  return new KnownSeries(relabeled.name, finalLabels, name, labels, memory.texts);
}

function relabelSample(
  exposed: ExposedSample,
  job: ScrapeJob,
  targetLabels: Labels,
): Pick<Series, 'name' | 'finalLabels'> | undefined {
  const joined = joinLabels(exposed, targetLabels, job.config.honor_labels ?? false);
  const relabeled = job.metricRelabel === undefined ? joined : job.metricRelabel(joined);
  if (relabeled === undefined || relabeled.size === 0) return undefined;
  const name = relabeled.get(METRIC_NAME);
  if (name === undefined)
    throw new SampleError('invalid_sample', `metric ${exposed.name} has no name after relabeling`);
  checkNames(relabeled, job);
  checkLabelLimits(name, relabeled, job.config);
  relabeled.delete(METRIC_NAME);
  return { name, finalLabels: relabeled };
}

/** How many samples repeat a series without a time of their own: Prometheus stores none of them. */
function repeatsOf(samples: readonly Sample[], honorsTimestamps: boolean): number {
  const seen = new Set<string>();
  return samples.filter(({ series: { seriesKey }, timestampMs }) => {
    const isRepeated = seen.has(seriesKey);
    seen.add(seriesKey);
    return isRepeated && (timestampMs === undefined || !honorsTimestamps);
  }).length;
}

/** The counts of a body that was refused with this error: what came before its fault. */
export function countsBefore(error: unknown, job: ScrapeJob, targetLabels: Labels): SampleCounts {
  if (error instanceof SampleError) return error.counts;
  if (!(error instanceof ExpositionError) || error.before === undefined) return NOTHING;
  try {
    const { postRelabel } = relabelSamples(error.before, job, targetLabels);
    return { scraped: error.scraped, postRelabel };
  } catch (fault) {
    if (fault instanceof SampleError) return fault.counts;
    throw fault;
  }
}

/**
 * The labels of a sample with those of its target. On conflict the target wins and the exposed label is kept as
 * exported_NAME, unless honor_labels. Source: prometheus scrape/scrape.go, mutateSampleLabels.
 */
export function joinLabels(
  exposed: Pick<ExposedSample, 'name' | 'labels'>,
  targetLabels: Labels,
  honorLabels: boolean,
): Map<string, string> {
  const labels = new Map<string, string>([[METRIC_NAME, exposed.name]]);
  for (const [name, value] of exposed.labels) {
    if (labels.has(name)) throw new SampleError('invalid_sample', `metric ${exposed.name} has label ${name} twice`);
    labels.set(name, value);
  }
  const conflicts: LabelPair[] = [];
  for (const [name, value] of targetLabels) {
    const existing = labels.get(name);
    if (honorLabels && existing !== undefined) continue;
    if (existing !== undefined && existing !== '') conflicts.push([name, existing]);
    labels.set(name, value);
  }
  // Shortest names first, so that a longer name is not taken by a shorter one's prefix.
  conflicts.sort(([a], [b]) => a.length - b.length);
  for (const [name, value] of conflicts) {
    let exported = `exported_${name}`;
    while ((labels.get(exported) ?? '') !== '' || targetLabels.has(exported)) exported = `exported_${exported}`;
    labels.set(exported, value);
  }
  for (const [name, value] of labels) if (value === '') labels.delete(name);
  return labels;
}

function checkNames(labels: Labels, job: ScrapeJob): void {
  if (labels.has(''))
    throw new SampleError('invalid_sample', `a label of metric ${labels.get(METRIC_NAME)} has no name`);
  if (job.validation !== 'legacy') return;
  const name = labels.get(METRIC_NAME) ?? '';
  const isValid = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) && [...labels.keys()].every(isLegacyLabelName);
  if (!isValid)
    throw new SampleError('invalid_sample', `invalid metric name or label names: ${labelsKey(labels).slice(0, 200)}`);
}

/** Lengths are bytes; `__name__` and the target's labels count. */
function checkLabelLimits(name: string, labels: Labels, config: ScrapeConfig): void {
  const { label_limit = 0, label_name_length_limit = 0, label_value_length_limit = 0 } = config;
  if (label_limit > 0 && labels.size > label_limit)
    throw new SampleError('label_limit', `${labels.size} labels of metric ${name} exceed label_limit ${label_limit}`);
  if (label_name_length_limit === 0 && label_value_length_limit === 0) return;
  for (const [label, value] of labels) {
    if (label_name_length_limit > 0 && Buffer.byteLength(label) > label_name_length_limit)
      throw new SampleError(
        'label_limit',
        `label name ${label.slice(0, 60)} of metric ${name} exceeds label_name_length_limit ${label_name_length_limit}`,
      );
    if (label_value_length_limit > 0 && Buffer.byteLength(value) > label_value_length_limit)
      throw new SampleError(
        'label_limit',
        `value of label ${label} of metric ${name} exceeds label_value_length_limit ${label_value_length_limit}`,
      );
  }
}
