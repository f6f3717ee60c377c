import type { ScrapeConfig } from '../../lib/prometheus/scrape-config.ts';
import type { ScrapeJob } from '../../lib/prometheus/target.ts';
import { type ExposedSample, type Exposition, type Pair, Refusal, seriesOf } from './reading.ts';

export type Labels = ReadonlyMap<string, string>;

/** A sample with its final name and labels; `finalLabels` are without the name. */
export type Sample = ExposedSample & {
  readonly exposedName: string;
  /** What was exposed: the key of what is remembered of it. */
  readonly series: string;
  readonly finalLabels: Labels;
};

const NAME = '__name__';

/** Pairs in the order of their names. */
export function sorted(labels: Iterable<Pair>): Pair[] {
  return [...labels].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Whether samples that nothing selects have to be read in full: relabeling may change, and limits refuse them. */
export function needsEveryLabel({ config, metricRelabel, validation }: ScrapeJob): boolean {
  const { label_limit = 0, label_name_length_limit = 0, label_value_length_limit = 0 } = config;
  const isLimited = label_limit + label_name_length_limit + label_value_length_limit > 0;
  return isLimited || metricRelabel !== undefined || validation === 'legacy';
}

/**
 * Step 2. The samples with the labels of their target, after metric_relabel_configs and within the limits.
 * `postRelabel` counts those that were left, and those that were not read.
 * @throws {Refusal}
 */
export function relabelSamples(
  { samples: exposed, scraped }: Exposition,
  job: ScrapeJob,
  targetLabels: Labels,
): { samples: Sample[]; postRelabel: number } {
  const unread = scraped - exposed.length;
  const samples: Sample[] = [];
  for (const [index, sample] of exposed.entries()) {
    const fault = (text: string) => {
      const counts = { scraped: unread + index + 1, postRelabel: unread + samples.length };
      return new Refusal(text, undefined, counts);
    };
    const joined = joinLabels(sample, targetLabels, job.config.honor_labels ?? false, fault);
    const labels = job.metricRelabel === undefined ? joined : job.metricRelabel(joined);
    if (labels === undefined || labels.size === 0) continue;
    const name = labels.get(NAME);
    if (name === undefined) throw fault(`metric ${sample.name} has no name after relabeling`);
    const [text] = [...nameFaults(name, labels, job), ...limitFaults(name, labels, job.config)];
    if (text !== undefined) throw fault(text);
    labels.delete(NAME);
    const series = seriesOf(sample.name, sample.labels);
    samples.push({ ...sample, name, exposedName: sample.name, series, finalLabels: labels });
  }
  const postRelabel = unread + samples.length;
  checkSampleLimit(samples, { scraped, postRelabel }, job.config);
  return { samples, postRelabel };
}

/** The target's label wins, and the exposed one is called exported_NAME; with honor_labels the exposed one wins. */
function joinLabels(
  { name: metric, labels: exposed }: ExposedSample,
  targetLabels: Labels,
  honorLabels: boolean,
  fault: (text: string) => Refusal,
): Map<string, string> {
  const labels = new Map([[NAME, metric]]);
  for (const [name, value] of exposed) {
    if (labels.has(name)) throw fault(`metric ${metric} has label ${name} twice`);
    labels.set(name, value);
  }
  const isEmpty = (name: string) => (labels.get(name) ?? '') === '';
  const conflicts = [...targetLabels.keys()].filter((name) => !honorLabels && !isEmpty(name));
  const exported = conflicts.map((name): Pair => [name, labels.get(name) ?? '']);
  for (const [name, value] of targetLabels) if (!honorLabels || !labels.has(name)) labels.set(name, value);
  for (const [name, value] of exported.sort(([a], [b]) => a.length - b.length)) {
    let free = `exported_${name}`;
    while (!isEmpty(free) || targetLabels.has(free)) free = `exported_${free}`;
    labels.set(free, value);
  }
  // A label with an empty value does not exist.
  return new Map([...labels].filter(([, value]) => value !== ''));
}

function nameFaults(metric: string, labels: Labels, { validation }: ScrapeJob): string[] {
  if (labels.has('')) return [`a label of metric ${metric} has no name`];
  const isLegacy =
    /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric) &&
    [...labels.keys()].every((name) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name));
  if (validation !== 'legacy' || isLegacy) return [];
  return [`invalid metric name or label names: ${JSON.stringify(sorted(labels)).slice(0, 200)}`];
}

/** Lengths are those of UTF-8; the metric's name counts as a label. */
function limitFaults(metric: string, labels: Labels, config: ScrapeConfig): string[] {
  const { label_limit = 0, label_name_length_limit = 0, label_value_length_limit = 0 } = config;
  const exceeds = (size: number, limit: number) => limit > 0 && size > limit;
  const tooMany = `${labels.size} labels of metric ${metric} exceed label_limit ${label_limit}`;
  const ofLabels = [...labels].flatMap(([name, value]) => {
    const longName = `label name ${name.slice(0, 60)} of metric ${metric} exceeds label_name_length_limit ${label_name_length_limit}`;
    const longValue = `value of label ${name} of metric ${metric} exceeds label_value_length_limit ${label_value_length_limit}`;
    return [
      ...(exceeds(Buffer.byteLength(name), label_name_length_limit) ? [longName] : []),
      ...(exceeds(Buffer.byteLength(value), label_value_length_limit) ? [longValue] : []),
    ];
  });
  return [...(exceeds(labels.size, label_limit) ? [tooMany] : []), ...ofLabels];
}

/** A series that comes again without a time of its own is not stored, and does not count. */
function checkSampleLimit(
  samples: readonly Sample[],
  counts: { readonly scraped: number; readonly postRelabel: number },
  { sample_limit = 0, honor_timestamps = true }: ScrapeConfig,
): void {
  const before = new Set<string>();
  let stored = counts.postRelabel;
  for (const { series, timestampMs } of samples) {
    if (before.has(series) && (timestampMs === undefined || !honor_timestamps)) stored -= 1;
    before.add(series);
  }
  if (sample_limit > 0 && stored > sample_limit)
    throw new Refusal(`${stored} samples exceed sample_limit ${sample_limit}`, undefined, counts);
}
