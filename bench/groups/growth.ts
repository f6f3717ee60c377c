import { GROWING } from '../corpora.ts';
import { type Figure, figureOf } from '../measurement.ts';
import { memoryLimit } from '../memory-limit.ts';
import { OURS } from '../peers.ts';
import type { Plan } from '../plan.ts';
import { countApart, scrapeApart, withExporter } from '../processes.ts';
import type { ScraperResult, ScraperSettings } from '../scraper.ts';

/** What holds a process to the memory of a Lambda. */
type Bounds = { readonly megabytes: number; readonly flags: readonly string[] };

/** A function with 256 MB and no settings. */
const SMALL: Bounds = { megabytes: 256, flags: [] };
/** `scrape` as serverless.yml has it. */
const SCRAPE: Bounds = { megabytes: 512, flags: ['--max-semi-space-size=16'] };
export const SIZES = { 'jmx-10k': 10_000, 'jmx-100k': 100_000, 'jmx-1m': 1_000_000 } as const;
export const DECLARATIONS = [1, 10, 1000] as const;
export const TARGETS = [1, 100, 500, 1000] as const;
export const COUNTERS = [10_000, 100_000, 1_000_000] as const;

/** How answers are sent: a large one, also as Go's server does, and many small ones. */
export const ANSWERS = {
  'jmx-100k': { corpus: 'jmx-100k', targets: 1, gzip: false },
  'jmx-100k in chunks of 2 KB': { corpus: 'jmx-100k', targets: 1, gzip: false, chunkBytes: 2048 },
  'jmx-100k, gzip': { corpus: 'jmx-100k', targets: 1, gzip: true },
  'jmx-100k, gzip in chunks of 2 KB': { corpus: 'jmx-100k', targets: 1, gzip: true, chunkBytes: 2048 },
  '500 of node-1.5k': { corpus: 'node-1.5k', targets: 500, gzip: false },
  '500 of node-1.5k, gzip': { corpus: 'node-1.5k', targets: 500, gzip: true },
} as const;

/** How cost rises with what there is of each kind; each size in a process of its own. */
export async function measureGrowth(plan: Plan): Promise<readonly Figure[]> {
  return [
    ...(await growingSamples(plan)),
    ...(await growingDeclarations(plan)),
    ...(await growingTargets(plan)),
    ...(await growingCounters(plan)),
    ...(await answered(plan)),
  ];
}

async function growingSamples({ tell, quick, rounds, unmeasured }: Plan): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { name } of GROWING) {
    const samples = SIZES[name as keyof typeof SIZES];
    if (quick && samples > 100_000) continue;
    tell(`growth: ${name} in ${SMALL.megabytes} MB`);
    // Each reads as many samples before those that count, and of those.
    const of = (count: number) => Math.ceil((count * 100_000) / samples);
    const settings = { corpus: name, unmeasured: of(unmeasured), rounds: of(rounds) };
    const result = await withExporter({ corpus: name }, ({ port }) => scrapeWithin({ ...settings, port }, SMALL, tell));
    const own = { subject: `samples ${samples}`, by: OURS };
    const each = result.rounds.map(({ cpuMs }) => (cpuMs * 1000) / samples);
    figures.push(figureOf({ ...own, what: 'cpu a sample', unit: 'us' }, each), ...costs(own.subject, result));
  }
  return figures;
}

/** In a cgroup where one may be made; otherwise only the heap is bounded, as V8 would bound it in one. */
async function scrapeWithin(
  settings: ScraperSettings,
  { megabytes, flags }: Bounds,
  tell: Plan['tell'],
): Promise<ScraperResult> {
  const limit = memoryLimit(megabytes);
  try {
    if (limit !== undefined) return await scrapeApart(settings, { flags, limit });
    tell(`no memory cgroup may be made here: only the heap is held to ${megabytes} MB`);
    return await scrapeApart(settings, {
      flags: [`--max-old-space-size=${megabytes}`, '--max-semi-space-size=2', ...flags],
    });
  } finally {
    limit?.remove();
  }
}

async function growingDeclarations({ tell, rounds, unmeasured, quick }: Plan): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const declarations of quick ? DECLARATIONS.slice(0, 2) : DECLARATIONS) {
    tell(`growth: jmx-100k with ${declarations} declarations`);
    const result = await scrapeApart({ corpus: 'jmx-100k', declarations, unmeasured, rounds });
    figures.push(...costs(`declarations ${declarations}`, result));
  }
  return figures;
}

async function growingTargets({ tell, rounds, unmeasured, quick }: Plan): Promise<Figure[]> {
  return withExporter({ corpus: 'node-1.5k' }, async ({ port }) => {
    const figures: Figure[] = [];
    for (const targets of quick ? TARGETS.slice(0, 2) : TARGETS) {
      tell(`growth: ${targets} targets of node-1.5k`);
      const settings = { corpus: 'node-1.5k', port, targets, unmeasured, rounds: targets === 1 ? rounds * 20 : rounds };
      const result = await scrapeWithin(settings, SCRAPE, tell);
      const own = { subject: `targets ${targets}`, by: OURS };
      const each = result.rounds.map(({ cpuMs }) => cpuMs / targets);
      figures.push(figureOf({ ...own, what: 'cpu a target', unit: 'ms' }, each), ...costs(own.subject, result));
    }
    return figures;
  });
}

async function growingCounters({ tell, quick }: Plan): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const counters of quick ? COUNTERS.slice(0, 1) : COUNTERS) {
    tell(`growth: a state of ${counters} counters`);
    const result = await countApart({ counters, rounds: quick ? 2 : 5 });
    const own = { subject: `counters ${counters}`, by: OURS };
    const time = (what: string, values: readonly number[]) => figureOf({ ...own, what, unit: 'ms' }, values);
    figures.push(
      time('advance', result.advanceMs),
      time('encode', result.encodeMs),
      time('decode', result.decodeMs),
      figureOf({ ...own, what: 'state', unit: 'MB' }, [result.bytes / 1e6]),
      figureOf({ ...own, what: 'forgotten', unit: '1' }, [result.forgotten]),
      figureOf({ ...own, what: 'rss', unit: 'MB' }, [result.rssMb]),
    );
  }
  return figures;
}

async function answered({ tell, rounds, unmeasured, quick }: Plan): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [answer, { targets, ...exporter }] of Object.entries(ANSWERS)) {
    if (quick && targets > 1) continue;
    tell(`growth: answers of ${answer}`);
    const settings = { corpus: exporter.corpus, targets, unmeasured, rounds };
    const result = await withExporter(exporter, ({ port }) => scrapeWithin({ ...settings, port }, SCRAPE, tell));
    figures.push(...costs(`answers ${answer}`, result));
  }
  return figures;
}

function costs(subject: string, { rounds, first, rssMb }: ScraperResult): Figure[] {
  const own = { subject, by: OURS };
  const cpu = rounds.map(({ cpuMs }) => cpuMs);
  return [
    figureOf({ ...own, what: 'cpu', unit: 'ms' }, cpu),
    figureOf({ ...own, what: 'first', unit: 'ms' }, [first.cpuMs]),
    figureOf({ ...own, what: 'rss', unit: 'MB' }, [rssMb]),
  ];
}
