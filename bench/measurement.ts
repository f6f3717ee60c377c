import * as v from 'valibot';

const figure = v.object({
  /** The corpus, or what was varied and how: `targets 100`. */
  subject: v.string(),
  by: v.string(),
  what: v.string(),
  unit: v.string(),
  median: v.number(),
  min: v.number(),
  max: v.number(),
  /** How many values these are of. */
  of: v.number(),
});

const ratio = v.object({ subject: v.string(), what: v.string(), by: v.string(), peer: v.string(), ratio: v.number() });

export const GROUPS = ['http', 'memory', 'cold', 'growth'] as const;
export type Group = (typeof GROUPS)[number];

const measurement = v.object({
  group: v.picklist(GROUPS),
  /** The day, UTC. */
  date: v.string(),
  node: v.string(),
  cpu: v.string(),
  cores: v.number(),
  /** Whether what was measured had a core for itself. */
  pinned: v.boolean(),
  quick: v.boolean(),
  /** Versions of what was measured in the same run; empty where nothing was. */
  peers: v.record(v.string(), v.string()),
  figures: v.array(figure),
  /** How many times as much a peer takes. */
  ratios: v.array(ratio),
});

export type Figure = v.InferOutput<typeof figure>;
export type Ratio = v.InferOutput<typeof ratio>;
/** What one group came to: an entry of docs/measurements/performance.json. */
export type Measurement = v.InferOutput<typeof measurement>;

/** @throws {Error} naming the place of what is no measurement. */
export function parseMeasurements(text: string, file: string): readonly Measurement[] {
  const parsed = v.safeParse(v.array(measurement), JSON.parse(text));
  if (parsed.success) return parsed.output;
  const places = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
  throw new Error(`${file}: ${places.join('; ')}`);
}

/** The text of such a file with these in place of those of the same groups. */
export function mergeMeasurements(known: readonly Measurement[], measured: readonly Measurement[]): string {
  const entries = GROUPS.flatMap((group) => {
    const isOf = (each: Measurement) => each.group === group;
    return measured.find(isOf) ?? known.find(isOf) ?? [];
  });
  return `${JSON.stringify(entries, undefined, 1)}\n`;
}

/** @throws {Error} where there are no values. */
export function figureOf(names: Pick<Figure, 'subject' | 'by' | 'what' | 'unit'>, values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined)
    throw new Error(`${names.subject}, ${names.by}, ${names.what}: nothing was measured`);
  const median = middle.reduce((sum, each) => sum + each, 0) / middle.length;
  return { ...names, median: rounded(median), min: rounded(min), max: rounded(max), of: sorted.length };
}

/** How many times as much the median of each peer is, for whatever both have. */
export function ratiosOf(figures: readonly Figure[], ours: readonly string[], whats: readonly string[]): Ratio[] {
  const own = figures.filter(({ by, what }) => ours.includes(by) && whats.includes(what));
  return own.flatMap(({ subject, what, by, median }) =>
    figures
      .filter((each) => each.subject === subject && each.what === what && !ours.includes(each.by))
      .map((each) => ({ subject, what, by, peer: each.by, ratio: rounded(each.median / median) })),
  );
}

/** To three digits: the rest is noise. */
function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
