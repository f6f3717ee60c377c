import { type MetricType, parseFloatText } from '../../lib/prometheus/exposition.ts';
import { parseGoFloat } from '../../lib/prometheus/go-float.ts';
import {
  decoded,
  isInUtf8,
  LABEL_NAME,
  METRIC_NAME,
  type Pair,
  type Quoted,
  type Reading,
  Refusal,
  refusalAt,
  seriesOf,
  take,
  takeQuoted,
} from './reading.ts';

/** Bytes of a body and where they begin. */
type Part = { readonly text: string; readonly start: number };

export type Series = { name: Part | undefined; readonly labels: { readonly name: Part; readonly value: Part }[] };

/** How the braces of the formats differ. */
export type Braces = {
  /** White space between tokens. */
  readonly space: RegExp;
  readonly name: Quoted;
  readonly value: Quoted;
  readonly commaOptional: boolean;
  /** Whether a quoted text without `=` is the metric's name. */
  readonly quotedMetricName: boolean;
};

/** `name{labels}`; white space before a name, from `lineStart` on, is a part of it. */
export function readSeries(reading: Reading, braces: Braces, lineStart = reading.at): Series {
  const start = reading.at;
  const name = take(reading, METRIC_NAME);
  const whole = { text: reading.body.slice(lineStart, reading.at), start: lineStart };
  const series: Series = { name: name === '' ? undefined : whole, labels: [] };
  take(reading, braces.space);
  if (reading.body[reading.at] === '{') readBraces(reading, series, braces);
  if (series.name === undefined) throw refusalAt(reading, start, 'expected a metric name in the braces');
  return series;
}

export function readBraces(reading: Reading, series: Series, braces: Braces): void {
  const { body } = reading;
  reading.at += 1;
  for (take(reading, braces.space); body[reading.at] !== '}'; take(reading, braces.space)) {
    const start = reading.at;
    const isQuoted = body[start] === '"';
    const text = isQuoted ? takeQuoted(reading, braces.name) : take(reading, LABEL_NAME);
    if (reading.at === start || text === undefined) throw refusalAt(reading, start, 'expected a label name');
    const name = { text, start: isQuoted ? start + 1 : start };
    take(reading, braces.space);
    const next = body[reading.at] ?? '';
    if (isQuoted && braces.quotedMetricName && (next === ',' || next === '}')) {
      if (series.name !== undefined) throw refusalAt(reading, start, 'expected one metric name only');
      series.name = name;
      if (next === ',') reading.at += 1;
    } else {
      series.labels.push({ name, value: readLabelValue(reading, braces) });
      readComma(reading, braces);
    }
  }
  reading.at += 1;
}

function readLabelValue(reading: Reading, braces: Braces): Part {
  if (reading.body[reading.at] !== '=') throw refusalAt(reading, reading.at, 'expected "=" after the label name');
  reading.at += 1;
  take(reading, braces.space);
  const start = reading.at;
  const text = takeQuoted(reading, braces.value);
  if (text === undefined) throw refusalAt(reading, start, 'expected a label value in double quotes');
  if (!isInUtf8(text)) throw refusalAt(reading, start, 'expected a label value in UTF-8');
  return { text, start: start + 1 };
}

/** A comma may always stand behind the last label. */
function readComma(reading: Reading, braces: Braces): void {
  take(reading, braces.space);
  const next = reading.body[reading.at];
  if (next === ',') reading.at += 1;
  else if (next !== '}' && !braces.commaOptional) throw refusalAt(reading, reading.at, 'expected "," or "}"');
}

/** The float in these bytes. */
export function floatOf(reading: Reading, text: string, start: number, what: string): number {
  const value = parseFloatText(text);
  if (value === undefined) throw refusalAt(reading, start, `expected a float as ${what}`);
  return value;
}

/** More samples that can be selected are not kept in memory. */
const MAX_DECODED_SAMPLES = 200_000;
/** Nor samples with more labels. */
const MAX_LABELS = 10_000;

/** Counts a sample, and keeps it if its name can be selected. */
export function addSample(
  reading: Reading,
  { name: part, labels }: Series,
  value: number,
  timestampMs: number | undefined,
) {
  const { found } = reading;
  const { text = '', start = 0 } = part ?? {};
  if (!isInUtf8(text)) throw refusalAt(reading, start, 'expected a metric name in UTF-8');
  found.scraped += 1;
  if (!reading.wants(decoded(text))) return;
  const pairs = labelsOf(reading, labels);
  // The last label `__name__` is the metric's name.
  const name = pairs.findLast(([label]) => label === '__name__')?.[1] ?? decoded(text);
  if (found.samples.length >= MAX_DECODED_SAMPLES)
    throw new Refusal(
      `more than ${MAX_DECODED_SAMPLES} samples are selected or relabeled; narrow metric_selectors, or set sample_limit`,
    );
  const own = pairs.filter(([label]) => label !== '__name__');
  if (own.length > MAX_LABELS)
    throw new Refusal(
      `${name} has ${own.length} labels, which are more than ${MAX_LABELS}; the exporter must expose fewer, or no rule select it`,
    );
  found.samples.push({ name, labels: own, value, timestampMs, ownType: found.types.get(name) });
}

const CREATED = '_created';

/** Whether series of the last TYPE line may tell when they began. */
export function tellsBegin({ type }: Reading): boolean {
  return type === 'counter' || type === 'histogram' || type === 'summary';
}

export function isCreated(reading: Reading, { name }: Series): boolean {
  return tellsBegin(reading) && (name?.text.endsWith(CREATED) ?? false);
}

/** When the series of a family began. */
export function addCreated(reading: Reading, { name, labels }: Series, seconds: number): void {
  const family = decoded(name?.text.slice(0, -CREATED.length) ?? '');
  const own = labelsOf(reading, labels).filter(([label]) => label !== '__name__');
  reading.found.created.set(seriesOf(family, own), wholeMilliseconds(seconds));
}

/** Seconds as whole milliseconds; what 64 bits cannot hold is their minimum. */
export function wholeMilliseconds(seconds: number): number {
  const milliseconds = Math.trunc(seconds * 1000);
  return Math.abs(milliseconds) < 2 ** 63 ? milliseconds : -(2 ** 63);
}

/** The labels sorted by name. */
function labelsOf(reading: Reading, labels: Series['labels']): Pair[] {
  return labels
    .map(({ name, value }): Pair => {
      if (!isInUtf8(name.text)) throw refusalAt(reading, name.start, 'expected a label name in UTF-8');
      const label = decoded(name.text);
      return [label, canonicalBound(reading.type, label, decoded(value.text))];
    })
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** `le` of a histogram and `quantile` of a summary are one text for each number: "1" and "1.0" are one series. */
function canonicalBound(type: MetricType, label: string, value: string): string {
  const isBound = (type === 'histogram' && label === 'le') || (type === 'summary' && label === 'quantile');
  const number = isBound ? parseGoFloat(value) : undefined;
  return number === undefined ? value : boundText(number);
}

/** A bound as OpenMetrics writes it. */
function boundText(number: number): string {
  if (Number.isNaN(number)) return 'NaN';
  if (!Number.isFinite(number)) return number > 0 ? '+Inf' : '-Inf';
  if (number === 0) return Object.is(number, -0) ? '-0.0' : '0.0';
  const [digits = '', exponent = ''] = number.toExponential().split('e');
  if (Number(exponent) < -4 || Number(exponent) > 5) {
    const [sign = '+', ...power] = exponent;
    return `${digits}e${sign}${power.join('').padStart(2, '0')}`;
  }
  return Number.isInteger(number) ? `${number}.0` : `${number}`;
}
