import type { Price, Tariff, Usage } from './tariff.ts';

const LAMBDA = { asOf: '2024', source: 'https://cloudchipr.com/blog/aws-lambda-pricing' };
const SQS = {
  asOf: '2026-06',
  source: 'https://www.factualminds.com/blog/amazon-sqs-pricing-64kb-rule-fifo-vs-standard/',
};
const S3 = {
  asOf: 'undated',
  source: 'https://devnotes.tech/understanding-aws-s3-pricing-a-complete-cost-breakdown-with-examples',
};
const LOGS = {
  asOf: '2026-06',
  source: 'https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/',
};
const CLOUDWATCH = { asOf: '2026-02', source: 'https://signoz.io/guides/cloudwatch-pricing' };
const EVENTBRIDGE = { asOf: '2026-03', source: 'https://cloudburn.io/blog/amazon-eventbridge-pricing' };
const TRANSFER = { asOf: 'undated', source: 'https://finopsforge.com/reduce-aws-data-transfer-costs' };
const FARGATE = { asOf: 'undated', source: 'https://www.vantage.sh/blog/fargate-pricing' };

/**
 * List prices of US East (N. Virginia) in US dollars, without tax. All sources are secondary: what others copied from
 * AWS's own pages, whose tables do not show without a browser. Check them before you rely on them.
 */
export const US_EAST_1: Tariff = {
  region: 'us-east-1',
  prices: {
    lambda_requests: flat('a request', 0.2e-6, LAMBDA),
    // Cheaper from 7.5 billion a month, which a fleet would need a million tasks for.
    lambda_gb_seconds: flat('a GB-second, arm64', 0.0000133334, LAMBDA),
    sqs_requests: flat('a request, each 64 KB of payload counts', 0.4e-6, SQS),
    s3_writes: flat('a PUT or LIST', 5e-6, S3),
    s3_reads: flat('a GET or HEAD', 0.4e-6, S3),
    s3_gb_months: flat('a GB and month, Standard', 0.023, S3),
    logs_ingested_gb: flat('a GB ingested, Standard class', 0.5, LOGS),
    logs_stored_gb_months: flat('a GB and month, as compressed by CloudWatch', 0.03, LOGS),
    custom_metrics: {
      unit: 'a metric and month',
      tiers: [
        { upTo: 10_000, usd: 0.3 },
        { upTo: 250_000, usd: 0.1 },
        // These two are not in the source, and no fleet of the cost sheet reaches them.
        { upTo: 1_000_000, usd: 0.05 },
        { upTo: Number.POSITIVE_INFINITY, usd: 0.02 },
      ],
      ...CLOUDWATCH,
    },
    alarm_metrics: flat('a metric of an alarm and month, standard resolution', 0.1, LOGS),
    dashboards: flat('a dashboard and month', 3, LOGS),
    scheduler_invocations: flat('an invocation', 1e-6, EVENTBRIDGE),
    // Each side pays a cent.
    zone_transfer_gb: flat('a GB between two availability zones, both sides', 0.02, TRANSFER),
    fargate_vcpu_hours: flat('a vCPU and hour, Linux on ARM', 0.03238, FARGATE),
    fargate_gb_hours: flat('a GB of memory and hour, Linux on ARM', 0.00356, FARGATE),
  },
};

/** What AWS grants each account every month for as long as it exists. Everything in the account draws on it. */
export const FREE_TIER: Usage = {
  lambda_requests: 1_000_000,
  lambda_gb_seconds: 400_000,
  sqs_requests: 1_000_000,
  logs_ingested_gb: 5,
  custom_metrics: 10,
  alarm_metrics: 10,
  dashboards: 3,
  scheduler_invocations: 14_000_000,
};

function flat(unit: string, usd: number, { asOf, source }: Pick<Price, 'asOf' | 'source'>): Price {
  return { unit, tiers: [{ upTo: Number.POSITIVE_INFINITY, usd }], asOf, source };
}
