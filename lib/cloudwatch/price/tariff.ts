/** What AWS bills, each by the unit that its price is for. */
export const PRICE_NAMES = [
  'lambda_requests',
  'lambda_gb_seconds',
  'sqs_requests',
  's3_writes',
  's3_reads',
  's3_gb_months',
  'logs_ingested_gb',
  'logs_stored_gb_months',
  'custom_metrics',
  'alarm_metrics',
  'dashboards',
  'scheduler_invocations',
  'zone_transfer_gb',
  'fargate_vcpu_hours',
  'fargate_gb_hours',
] as const;
export type PriceName = (typeof PRICE_NAMES)[number];

/** Quantities of a month. What is absent is zero. */
export type Usage = Readonly<Partial<Record<PriceName, number>>>;

/** `usd` for each unit up to this quantity of a month, and beyond what the tier before it ends with. */
export type Tier = { readonly upTo: number; readonly usd: number };

export type Price = {
  /** What is billed, in words. */
  readonly unit: string;
  /** In rising order; the last one has no end. */
  readonly tiers: readonly Tier[];
  /** The month in which the source says so. */
  readonly asOf: string;
  readonly source: string;
};

/** The prices of a region, without what is free. */
export type Tariff = { readonly region: string; readonly prices: Readonly<Record<PriceName, Price>> };
