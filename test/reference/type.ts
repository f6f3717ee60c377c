import type { MetricType } from '../../lib/prometheus/exposition.ts';
import type { Sample } from './relabel.ts';
import type { Rules } from './rules.ts';

/** How the value of a sample becomes that of a metric, or a part of one. */
export type Kind = 'gauge' | 'counter' | 'untyped' | 'bucket' | 'sum' | 'count' | 'histogram' | 'unsupported';

type Family = { readonly family: string; readonly type: MetricType };

const SUFFIXES = ['_count', '_sum', '_bucket', '_total', '_info', '_gcount', '_gsum'];

/** The family of a sample by its exposed name: that name, or what is left of it without a suffix. */
export function familyOf(
  { exposedName: name, ownType }: Sample,
  types: ReadonlyMap<string, MetricType>,
  { isAgent }: Rules,
): Family {
  // The line above the sample counts, where a later one gives the name another type.
  if (ownType !== undefined && !isAgent) return { family: name, type: ownType };
  const type = types.get(name);
  const families = SUFFIXES.filter((suffix) => name.endsWith(suffix))
    // The agent looks for a name that ends with _total before it looks for what is left of it.
    .filter((suffix) => !(isAgent && suffix === '_total' && type !== undefined))
    .flatMap((suffix): Family[] => {
      const family = name.slice(0, -suffix.length);
      const ofFamily = types.get(family);
      return ofFamily === undefined ? [] : [{ family, type: ofFamily }];
    });
  const own: Family[] = type === undefined ? [] : [{ family: name, type }];
  const [first] = isAgent ? [...families, ...own] : [...own, ...families];
  return first ?? { family: name, type: 'unknown' };
}

const PARTS: Readonly<Partial<Record<MetricType, Readonly<Record<string, Kind>>>>> = {
  summary: { _sum: 'sum', _count: 'count' },
  histogram: { _sum: 'sum', _count: 'count', _bucket: 'bucket' },
  gaugehistogram: { _gsum: 'sum', _gcount: 'count', _bucket: 'bucket' },
};

export function kindOf(name: string, family: string, type: MetricType, { isAgent, histograms }: Rules): Kind {
  const part = PARTS[type]?.[name.slice(family.length)] ?? 'unsupported';
  // Who asks the agent's profile for histograms gets ours.
  const isLikeAgent = isAgent && histograms === 'drop';
  switch (type) {
    case 'gauge':
    case 'counter':
      return type;
    case 'summary':
      if (name === family) return 'gauge';
      return isAgent ? 'counter' : part;
    case 'histogram':
    case 'gaugehistogram':
      return isLikeAgent ? 'histogram' : part;
    case 'unknown':
      return 'untyped';
    case 'info':
    case 'stateset':
      return isAgent ? 'unsupported' : 'gauge';
    default:
      return type satisfies never;
  }
}
