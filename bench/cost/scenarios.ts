import type { AnswerTimes } from '../../lib/cloudwatch/price/scrape-wait.ts';
import { DEFAULT_SETTINGS, type StackLoad, type StackSettings } from '../../lib/cloudwatch/price/stack-usage.ts';
import { SELF } from './load.ts';

/** How exporters answer. */
export const ANSWERS = {
  'fast (20 ms)': [{ share: 1, ms: 20 }],
  '1 in 100 takes 5 s': [
    { share: 0.99, ms: 20 },
    { share: 0.01, ms: 5000 },
  ],
  'all take 2 s': [{ share: 1, ms: 2000 }],
  'all take 5 s': [{ share: 1, ms: 5000 }],
} as const satisfies Readonly<Record<string, AnswerTimes>>;

export const FAST = ANSWERS['fast (20 ms)'];

export const INTERVALS_S = [60, 15] as const;

export type Plan = { readonly load: StackLoad; readonly settings: StackSettings };

/** What makes a stack cheaper, and who can do it: whoever deploys it, or a change of the code. */
export type Change = {
  readonly name: string;
  readonly by: 'setting' | 'code';
  readonly apply: (plan: Plan) => Plan;
};

export const CHANGES: readonly Change[] = [
  { name: '`dashboard: on`', by: 'setting', apply: (plan) => set(plan, { dashboard: true }) },
  { name: '`alarms: off`', by: 'setting', apply: (plan) => set(plan, { alarms: false }) },
  { name: '`selfMetrics: off`', by: 'setting', apply: withoutSelfMetrics },
  { name: '`selfMetrics: cluster`', by: 'setting', apply: (plan) => set(plan, { selfMetrics: 'cluster' }) },
  { name: '`selfMetrics: family`', by: 'setting', apply: withFamilyMetrics },
  { name: '`logRetentionDays: 3`', by: 'setting', apply: (plan) => set(plan, { logRetentionDays: 3 }) },
  {
    name: '`scrape_interval: 2m`',
    by: 'setting',
    apply: ({ load, settings }) => ({ load: { ...load, intervalS: 2 * load.intervalS }, settings }),
  },
  { name: 'a tick is not confirmed in S3', by: 'code', apply: withoutConfirmation },
];

function set({ load, settings }: Plan, changed: Partial<StackSettings>): Plan {
  return { load, settings: { ...settings, ...changed } };
}

function withoutSelfMetrics(plan: Plan): Plan {
  const { scrape, shards } = plan.load;
  const logBytes = scrape.logBytes - shards * SELF.documentBytes;
  return set({ ...plan, load: { ...plan.load, scrape: { ...scrape, logBytes } } }, { selfMetrics: 'off' });
}

/** A document of a family in a shard has 0.6 KB. */
const FAMILY_DOCUMENT_BYTES = 600;

/** A family is on one shard, unless it is larger than that. */
function withFamilyMetrics(plan: Plan): Plan {
  const { scrape, shards, families } = plan.load;
  const logBytes = scrape.logBytes + Math.max(shards, families) * FAMILY_DOCUMENT_BYTES;
  return set({ ...plan, load: { ...plan.load, scrape: { ...scrape, logBytes } } }, { selfMetrics: 'family' });
}

/** One write and one read of each shard less. */
function withoutConfirmation({ load, settings }: Plan): Plan {
  const { scrape, shards } = load;
  const s3Reads = Math.max(0, scrape.s3Reads - shards);
  const s3Writes = Math.max(0, scrape.s3Writes - shards);
  return { settings, load: { ...load, scrape: { ...scrape, s3Reads, s3Writes } } };
}

/** The plan of a stack as it is deployed by default. */
export function defaultPlan(load: StackLoad): Plan {
  return { load, settings: DEFAULT_SETTINGS };
}
