import type { EmfDocument } from '../../lib/cloudwatch/emf.ts';
import { memoryStateStore } from '../../lib/io/state-store.ts';
import { compileScrapeConfig, resolveTargets } from '../../lib/prometheus/target.ts';
import { runScrape } from '../../lib/scrape.ts';
import type { ScrapeMemory } from '../../lib/scrape-memory.ts';
import {
  convertShard,
  type Dropped,
  type Memories,
  type Outcome,
  type View,
  type Visit,
} from '../reference/convert.ts';
import { sorted } from '../reference/relabel.ts';
import type { Answer } from './bodies.ts';
import { CLUSTER, type Scenario } from './scenarios.ts';

/** What came of one scrape: all that is written, and what is told of it. */
export type Result = {
  readonly documents: readonly EmfDocument[];
  readonly outcomes: readonly (Omit<Outcome, 'dropped'> & {
    readonly dropped: readonly (readonly [string, number])[];
  })[];
  /** Of families that are debugged: family, metric, reason, how many, and one of them. */
  readonly droppedSamples: readonly (readonly unknown[])[];
};

/** Within two weeks of the timestamps that recorded bodies have. */
const START_MS = 1_700_000_600_000;
const MINUTE_MS = 60_000;

const dueAtOf = (round: number) => START_MS + round * MINUTE_MS;

/** What each target answers in each round; the second one is a round ahead. */
function answerOf(rounds: readonly Answer[], round: number, url: string): Answer {
  return rounds[(round + (url.includes('10.0.0.2') ? 1 : 0)) % rounds.length] as Answer;
}

/** What the product remembers between rounds. */
export type Store = ReturnType<typeof memoryStateStore>;

/** One round, scraped by the product: each body in the chunks that it is cut into. */
export async function scrapeRound(
  { families, targets }: Scenario,
  rounds: readonly Answer[],
  round: number,
  cut: (body: Uint8Array) => readonly Uint8Array[],
  state: Store,
  memory?: ScrapeMemory,
): Promise<Result> {
  const documents: EmfDocument[] = [];
  const dueAt = dueAtOf(round);
  const report = await runScrape(
    { families, targets, dueAt, shard: SHARD, ...(memory !== undefined && { memory }) },
    {
      scrape: async ({ url }, read) => {
        const { body, contentType } = answerOf(rounds, round, url);
        // Each chunk in memory of its own, so that nothing can be read beside it.
        for (const chunk of cut(body)) read?.(Uint8Array.from(chunk), contentType);
        return { status: 200, contentType, body: new Uint8Array() };
      },
      state,
      sink: async (written) => void documents.push(...written),
      summary: () => {},
      clock: () => dueAt,
      nonce: () => String(round),
    },
  );
  return {
    documents,
    outcomes: report.targets.map(({ family, error, scraped, postRelabel, selected, emitted, dropped }) => {
      return { family, error, scraped, postRelabel, selected, emitted, dropped: Object.entries(dropped).sort() };
    }),
    droppedSamples: (report.droppedSamples ?? []).map((each) => {
      return [each.family, each.metric, each.reason, each.samples, each.example];
    }),
  };
}

const SHARD = '0';

/** A store that holds what another one holds now. */
export async function copyOf(store: Store): Promise<Store> {
  const copy = memoryStateStore();
  const stored = await store.read(SHARD);
  if (stored !== undefined) await copy.commit(SHARD, { text: stored.text, nonce: stored.tag }, undefined);
  return copy;
}

/** The same rounds, by the reference. */
export function referenceResults(scenario: Scenario, rounds: readonly Answer[]): Result[] {
  let memories: Memories = new Map();
  return [...rounds.keys()].map((round) => {
    const visits = visitsOf(scenario, (url) => answerOf(rounds, round, url));
    const dueAt = dueAtOf(round);
    const converted = convertShard(visits, memories, { dueAt, nowMs: dueAt, cluster: CLUSTER });
    memories = converted.memories;
    const outcomes = converted.outcomes.map(({ family, dropped, error, scraped, postRelabel, selected, emitted }) => {
      return { family, error, scraped, postRelabel, selected, emitted, dropped: countsOf(dropped) };
    });
    const droppedSamples = scenario.configs
      .filter(({ agent }) => agent.agent?.debug)
      .flatMap(({ family }) => droppedOf(family, converted.outcomes));
    return { documents: converted.documents, outcomes, droppedSamples };
  });
}

/** Here a target's address says which request it needs. */
function visitsOf({ configs, targets }: Scenario, answerOf: (url: string) => Answer): Visit[] {
  const views = configs.flatMap((config, document) =>
    config.prometheus.scrape_configs.map(compileScrapeConfig).flatMap((job, index) => {
      const own = targets.filter((target) => target.document === document && target.job === index);
      const resolved = resolveTargets(
        own.map(({ labels }) => labels),
        job,
      );
      return resolved.targets.map((target): View => ({ config, job, target }));
    }),
  );
  const urls = [...new Set(views.map(({ target }) => target.url))];
  return urls.map((url) => {
    return { identity: url, views: views.filter(({ target }) => target.url === url), ...answerOf(url) };
  });
}

function countsOf(dropped: readonly Dropped[]): (readonly [string, number])[] {
  const reasons = [...new Set(dropped.map(({ reason }) => reason))].sort();
  return reasons.map((reason) => [reason, dropped.filter((each) => each.reason === reason).length]);
}

/** For each view at most so many names and reasons are told. */
const MAX_TOLD = 1000;

/** Most samples first, with the first one as an example. */
function droppedOf(family: string, outcomes: readonly Outcome[]): (readonly unknown[])[] {
  const merged = new Map<string, { first: Dropped; samples: number }>();
  for (const outcome of outcomes.filter((each) => each.family === family)) {
    const keys = [...new Set(outcome.dropped.map(keyOf))].slice(0, MAX_TOLD);
    for (const key of keys) {
      const alike = outcome.dropped.filter((each) => keyOf(each) === key);
      const { first = alike[0] as Dropped, samples = 0 } = merged.get(key) ?? {};
      merged.set(key, { first, samples: samples + alike.length });
    }
  }
  return [...merged.values()]
    .sort((a, b) => b.samples - a.samples)
    .map(({ first: { metric, reason, labels }, samples }) => {
      const pairs = sorted(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      return [family, metric, reason, samples, `${metric}{${pairs.join()}}`];
    });
}

function keyOf({ reason, metric }: Dropped): string {
  return `${reason} ${metric}`;
}
