import { formatDuration, parseDuration } from './duration.ts';
import { type Labels, labelsOf, sortedPairs } from './labels.ts';
import { compileRelabel, type NameValidation, type Relabel } from './relabel.ts';
import { relabelConfigOf } from './relabel-schema.ts';
import type { ScrapeConfig } from './scrape-config.ts';

/** Addresses that share labels: an entry of a file_sd document or of static_configs. */
export type TargetGroup = {
  readonly targets: readonly string[];
  readonly labels: Labels;
};

/** A target that can be scraped: where, how often, and the labels its samples get. */
export type ScrapeTarget = {
  readonly url: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Without any name that starts with `__`. */
  readonly labels: Labels;
};

/** Why a discovered address cannot become a target. */
export class TargetError extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'TargetError';
  }
}

/** A scrape configuration with its relabelings compiled. */
export type ScrapeJob = {
  readonly config: ScrapeConfig;
  readonly validation: NameValidation;
  readonly relabel: Relabel;
  /** Absent when there is nothing to relabel: samples then keep their names. */
  readonly metricRelabel: Relabel | undefined;
};

/** Compiles a checked scrape configuration. */
export function compileScrapeConfig(config: ScrapeConfig): ScrapeJob {
  const validation = config.metric_name_validation_scheme ?? 'utf8';
  const metricConfigs = (config.metric_relabel_configs ?? []).map(relabelConfigOf);
  return {
    config,
    validation,
    relabel: compileRelabel((config.relabel_configs ?? []).map(relabelConfigOf), validation),
    metricRelabel: metricConfigs.length === 0 ? undefined : compileRelabel(metricConfigs, validation),
  };
}

/** The addresses of static_configs or a file_sd document as label sets with `__address__`, group labels included. */
export function addressesOf(groups: readonly TargetGroup[]): Labels[] {
  return groups.flatMap(({ targets, labels }) =>
    targets.map((address) => labelsOf([...labels, ['__address__', address]])),
  );
}

/**
 * The labels before relabeling: those of the address, then what the configuration says where they are silent.
 * Source: prometheus scrape/target.go, PopulateDiscoveredLabels.
 */
export function discoveredLabels(address: Labels, config: ScrapeConfig): Labels {
  const defaults: [string, string][] = [
    ['job', config.job_name],
    ['__scrape_interval__', formatDuration(parseDuration(config.scrape_interval ?? '1m'))],
    ['__scrape_timeout__', formatDuration(parseDuration(config.scrape_timeout ?? '10s'))],
    ['__metrics_path__', config.metrics_path ?? '/metrics'],
    ['__scheme__', config.scheme ?? 'http'],
    ['__always_scrape_classic_histograms__', String(config.always_scrape_classic_histograms ?? false)],
    ['__convert_classic_histograms_to_nhcb__', String(config.convert_classic_histograms_to_nhcb ?? false)],
    ['__scrape_native_histograms__', String(config.scrape_native_histograms ?? false)],
    ...Object.entries(config.params ?? {}).map(([name, values]): [string, string] => [
      `__param_${name}`,
      values[0] ?? '',
    ]),
  ];
  return labelsOf([...defaults.filter(([name]) => !address.has(name)), ...address]);
}

/**
 * The labels after relabeling, or nothing when relabeling drops the target: `__meta_*` removed, `instance` set.
 * @throws {TargetError}
 */
export function relabelTarget(discovered: Labels, relabel: Relabel): Labels | undefined {
  const relabeled = relabel(discovered);
  if (relabeled === undefined) return undefined;
  const address = relabeled.get('__address__') ?? '';
  if (address === '') throw new TargetError('expected an address in __address__, found none');
  if (address.includes('/'))
    throw new TargetError(
      `expected host:port in __address__, found ${JSON.stringify(address)}; use scheme and metrics_path`,
    );
  durationsOf(relabeled);
  checkHistogramLabels(relabeled);
  const labels = new Map([...relabeled].filter(([name]) => !name.startsWith('__meta_')));
  if (!labels.has('instance')) labels.set('instance', address);
  for (const [name, value] of labels)
    if (!value.isWellFormed()) throw new TargetError(`expected UTF-8 as the value of label ${name}`);
  return labels;
}

const HISTOGRAM_LABELS = [
  '__always_scrape_classic_histograms__',
  '__convert_classic_histograms_to_nhcb__',
  '__scrape_native_histograms__',
] as const;

/** Relabeling may set these switches of native histograms, which are read by nobody here, to a boolean only. */
function checkHistogramLabels(labels: Labels): void {
  for (const name of HISTOGRAM_LABELS) {
    const value = labels.get(name) ?? '';
    if (!/^(?:|1|t|T|true|TRUE|True|0|f|F|false|FALSE|False)$/.test(value))
      throw new TargetError(`expected true or false as ${name}, found ${JSON.stringify(value)}`);
  }
}

function durationsOf(labels: Labels): { intervalMs: number; timeoutMs: number } {
  const read = (name: string) => {
    const text = labels.get(name) ?? '';
    try {
      return parseDuration(text);
    } catch (error) {
      throw new TargetError(`${name}: ${(error as Error).message}`);
    }
  };
  const intervalMs = read('__scrape_interval__');
  const timeoutMs = read('__scrape_timeout__');
  if (intervalMs === 0) throw new TargetError('expected a __scrape_interval__ above 0');
  if (timeoutMs === 0) throw new TargetError('expected a __scrape_timeout__ above 0');
  if (timeoutMs > intervalMs) throw new TargetError('expected a __scrape_timeout__ of at most the __scrape_interval__');
  return { intervalMs, timeoutMs };
}

/** The target of these labels. */
export function targetOf(labels: Labels, config: ScrapeConfig): ScrapeTarget {
  return {
    url: urlOf(labels, config),
    ...durationsOf(labels),
    labels: labelsOf([...labels].filter(([name]) => !name.startsWith('__'))),
  };
}

/**
 * scheme://address/path?params; a `__param_x` label replaces the first value of params.x.
 * Source of the spelling: Go's net/url, URL.String.
 */
function urlOf(labels: Labels, config: ScrapeConfig): string {
  const params = new Map(Object.entries(config.params ?? {}).map(([name, values]) => [name, [...values]]));
  for (const [name, value] of labels) {
    if (!name.startsWith('__param_')) continue;
    const key = name.slice('__param_'.length);
    params.set(key, [value, ...(params.get(key) ?? []).slice(1)]);
  }
  const scheme = labels.get('__scheme__') ?? '';
  const host = escapeBytes(labels.get('__address__') ?? '', /[\w.~!$&'()*+,;=:[\]<>"-]/);
  const query = encodeParams(params);
  const path = pathOf(labels.get('__metrics_path__') ?? '');
  return `${scheme === '' ? '' : `${scheme}:`}//${host}${query === '' ? path : `${path || '/'}?${query}`}`;
}

function pathOf(path: string): string {
  if (path === '') return '';
  const escaped = path === '*' ? path : escapeBytes(path, /[\w.~$&+,/:;=@-]/);
  return path.startsWith('/') ? escaped : `/${escaped}`;
}

/** As Go's url.Values.Encode: keys in order, a space as `+`. */
function encodeParams(params: ReadonlyMap<string, readonly string[]>): string {
  const encode = (text: string) => escapeBytes(text, /[\w.~ -]/).replaceAll(' ', '+');
  const keys = [...params.keys()].sort();
  return keys.flatMap((key) => (params.get(key) ?? []).map((value) => `${encode(key)}=${encode(value)}`)).join('&');
}

function escapeBytes(text: string, kept: RegExp): string {
  return Array.from(Buffer.from(text), (byte) => {
    const character = String.fromCharCode(byte);
    return byte < 0x80 && kept.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** A target with the labels of its address, as it was given and before relabeling. */
export type ResolvedTarget = ScrapeTarget & { readonly address: Labels; readonly discovered: Labels };

export type TargetFault = { readonly discovered: Labels; readonly reason: string };

/**
 * The targets of a job: relabeled, equal ones scraped once, faulty ones told apart from dropped ones, of which no more
 * are told than keep_dropped_targets.
 */
export function resolveTargets(
  addresses: readonly Labels[],
  job: ScrapeJob,
): { targets: ResolvedTarget[]; dropped: Labels[]; faults: TargetFault[] } {
  const targets = new Map<string, ResolvedTarget>();
  const dropped: Labels[] = [];
  const faults: TargetFault[] = [];
  const kept = job.config.keep_dropped_targets ?? 0;
  for (const address of addresses) {
    const discovered = discoveredLabels(address, job.config);
    try {
      const labels = relabelTarget(discovered, job.relabel);
      if (labels === undefined) {
        if (kept === 0 || dropped.length < kept) dropped.push(discovered);
        continue;
      }
      const target = targetOf(labels, job.config);
      const key = JSON.stringify([target.url, sortedPairs(target.labels)]);
      if (!targets.has(key)) targets.set(key, { ...target, address, discovered });
    } catch (error) {
      if (!(error instanceof TargetError)) throw error;
      faults.push({ discovered, reason: error.message });
    }
  }
  return { targets: [...targets.values()], dropped, faults };
}
