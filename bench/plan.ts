import { CORPORA, type Corpus } from './corpora.ts';
import type { Figure } from './measurement.ts';

/** How often what is measured, and where it may write. */
export type Plan = {
  /** Scrapes of one process that count. */
  readonly rounds: number;
  /** Scrapes before these and after the first: until the code is compiled. */
  readonly unmeasured: number;
  /** Rounds that are a second apart. */
  readonly paused: number;
  /** Rounds for what they allocate. */
  readonly weighed: number;
  /** Scrapes of the collector after two that do not count. */
  readonly scrapes: number;
  /** How often ours and each peer take their turn. */
  readonly repetitions: number;
  /** Processes that are started for what happens once in each. */
  readonly starts: number;
  /** The bodies of http and memory. */
  readonly corpora: readonly Corpus[];
  readonly quick: boolean;
  readonly peers: boolean;
  readonly folder: string;
  readonly tell: (text: string) => void;
};

/** What a group measures, one after the other. */
export type Measure = (plan: Plan) => Promise<readonly Figure[]>;

const FULL = { unmeasured: 60, paused: 8, weighed: 3, scrapes: 8, repetitions: 3, starts: 9 };
const QUICK = { unmeasured: 0, paused: 2, weighed: 1, scrapes: 2, repetitions: 1, starts: 3 };

export function planOf(
  options: {
    readonly quick: boolean;
    readonly rounds: number | undefined;
    readonly corpora?: readonly string[];
  },
  rest: Pick<Plan, 'peers' | 'folder' | 'tell'>,
): Plan {
  const { quick, rounds = quick ? 4 : 40, corpora: names } = options;
  const corpora = CORPORA.filter(({ name }) => names?.includes(name) ?? true);
  return { ...(quick ? QUICK : FULL), rounds, corpora, quick, ...rest };
}

const SMALL_BODY = 20;

export function roundsOf({ small }: Corpus, { rounds }: Plan): number {
  return small ? rounds * SMALL_BODY : rounds;
}
