import {
  type AgentUsage,
  centralAgentNeeds,
  centralAgentUsage,
  sidecarUsage,
} from '../../lib/cloudwatch/price/agent-usage.ts';
import { beyondFree, billOf } from '../../lib/cloudwatch/price/bill.ts';
import { fargateSizeFor } from '../../lib/cloudwatch/price/fargate-size.ts';
import { DEFAULT_SETTINGS, stackUsage } from '../../lib/cloudwatch/price/stack-usage.ts';
import { PRICE_NAMES, type PriceName, type Usage } from '../../lib/cloudwatch/price/tariff.ts';
import { FREE_TIER, US_EAST_1 } from '../../lib/cloudwatch/price/us-east-1.ts';
import type { Tables } from './document.ts';
import { agentLoad, stackLoad } from './load.ts';
import type { Measurement } from './measurements.ts';
import { ANSWERS, CHANGES, type Change, defaultPlan, FAST, INTERVALS_S, type Plan } from './scenarios.ts';
import { centsText, countText, markdownTable, usdText } from './table.ts';

/** The parts of a bill, as the sheet shows them. */
const PARTS: readonly (readonly [string, readonly PriceName[]])[] = [
  ['Lambda', ['lambda_requests', 'lambda_gb_seconds']],
  ['SQS', ['sqs_requests']],
  ['S3', ['s3_writes', 's3_reads', 's3_gb_months']],
  ['logs', ['logs_ingested_gb', 'logs_stored_gb_months']],
  ['self-metrics, alarms, dashboard', ['custom_metrics', 'alarm_metrics', 'dashboards']],
  ['zones, schedule', ['zone_transfer_gb', 'scheduler_invocations']],
];

/** The fleet that the goal is set for, and the goal: cents a task and month. */
export const GOAL = { tasks: 1000, cents: 1 } as const;

/** All tables of docs/cost.md. */
export function costTables(measurements: readonly Measurement[]): Tables {
  return {
    goal: goalText(measurements),
    minute: partsTable(measurements, 60),
    quarter: partsTable(measurements, 15),
    answers: answersTable(measurements),
    comparison: comparisonTable(measurements),
    own: ownTable(measurements),
    changes: changesTable(measurements),
    tariff: tariffTable(),
    inputs: inputsTable(measurements),
  };
}

function goalText(measurements: readonly Measurement[]): string {
  const goal = goalOf(measurements);
  const cents = (usdOf(fastUsage(goal, 60)) * 100) / goal.tasks;
  const reached = cents <= GOAL.cents ? 'it is reached' : 'it is not reached yet';
  const asked = `At most ${GOAL.cents} cent a task and month at ${countText(GOAL.tasks)} tasks and 60 s`;
  return `${asked}: ${reached}, with ${usdText(cents)} cents.\n`;
}

/** The parts of a stack's bill, dollars a month, where exporters are fast. */
export function partsOf(measurement: Measurement, intervalS: number): readonly { name: string; usd: number }[] {
  const usage = fastUsage(measurement, intervalS);
  return PARTS.map(([name, names]) => ({ name, usd: usdOf(only(usage, names)) }));
}

function partsTable(measurements: readonly Measurement[], intervalS: number): string {
  const rows = measurements.map((measurement) => {
    const usage = fastUsage(measurement, intervalS);
    return [
      titleOf(measurement),
      ...partsOf(measurement, intervalS).map(({ usd }) => usdText(usd)),
      usdText(usdOf(usage)),
      usdText(usdOf(beyondFree(usage, FREE_TIER))),
      centsText(usdOf(usage), measurement.cycle.targets),
    ];
  });
  return markdownTable(
    ['$ a month', ...PARTS.map(([name]) => name), 'together', 'with the free tier', 'cents a task'],
    rows,
  );
}

function answersTable(measurements: readonly Measurement[]): string {
  const rows = eachInterval(measurements, (measurement, intervalS) =>
    Object.values(ANSWERS).map((answerTimes) =>
      centsText(usdOf(runningOf(defaultPlan(stackLoad(measurement, { intervalS, answerTimes })))), measurement.tasks),
    ),
  );
  return markdownTable(['cents a task and month', ...Object.keys(ANSWERS)], rows);
}

function comparisonTable(measurements: readonly Measurement[]): string {
  const rows = eachInterval(measurements, (measurement, intervalS) => {
    const load = agentLoad(measurement, { intervalS });
    const cents = (usage: Usage) => centsText(usdOf(usage), measurement.tasks);
    const sidecar = sidecarUsage(load);
    const central = centralAgentUsage(load);
    const size = central && fargateSizeFor(centralAgentNeeds(load));
    return [
      cents(fastUsage(measurement, intervalS)),
      cents(sidecar.running),
      central === undefined ? 'too large' : cents(central.running),
      size === undefined ? '' : `${size.vcpu} vCPU, ${size.gb} GB`,
      cents(sidecar.unselected),
    ];
  });
  return markdownTable(
    [
      'cents a task and month',
      'prom-emf',
      'sidecar',
      'central agent',
      'its task',
      'unselected samples in the log, either agent',
    ],
    rows,
  );
}

function ownTable(measurements: readonly Measurement[]): string {
  const rows = eachInterval(measurements, (measurement, intervalS) => {
    const { own } = stackUsage(stackLoad(measurement, { intervalS, answerTimes: FAST }), DEFAULT_SETTINGS);
    const agent: AgentUsage = sidecarUsage(agentLoad(measurement, { intervalS }));
    const logs = (usage: Usage) => usdText(usdOf(only(usage, ['logs_ingested_gb', 'logs_stored_gb_months'])));
    return [
      countText(own.custom_metrics ?? 0),
      usdText(usdOf(only(own, ['custom_metrics']))),
      logs(own),
      logs(agent.own),
    ];
  });
  return markdownTable(
    ['$ a month', 'metrics', 'price of the metrics', 'their log, prom-emf', 'their log, an agent'],
    rows,
  );
}

function changesTable(measurements: readonly Measurement[]): string {
  const goal = goalOf(measurements);
  const row = (name: string, by: string, changes: readonly Change[]) => {
    const usd = Object.values(ANSWERS).map((answerTimes) => {
      const plan = defaultPlan(stackLoad(goal, { intervalS: 60, answerTimes }));
      return usdOf(runningOf(changes.reduce((rest, { apply }) => apply(rest), plan)));
    });
    return [name, by, ...usd.map((each) => centsText(each, goal.tasks))];
  };
  const rows = [
    row('as deployed by default', '', []),
    ...CHANGES.map((change) => row(change.name, change.by, [change])),
    row('`alarms` and `selfMetrics: off`', 'setting', CHANGES.slice(1, 3)),
  ];
  return markdownTable([`cents a task, ${titleOf(goal)}, 60 s`, 'by', ...Object.keys(ANSWERS)], rows, { left: 2 });
}

function tariffTable(): string {
  const rows = PRICE_NAMES.map((name) => {
    const { unit, tiers, asOf, source } = US_EAST_1.prices[name];
    const price = tiers
      .map(({ usd, upTo }) => (Number.isFinite(upTo) ? `${plain(usd)} up to ${countText(upTo)}` : plain(usd)))
      .join(', ');
    return [`\`${name}\``, price, unit, asOf, `<${source}>`];
  });
  return markdownTable(['price', '$', 'for', 'as of', 'source'], rows, { left: 5 });
}

function inputsTable(measurements: readonly Measurement[]): string {
  const rows = measurements.map((measurement) => {
    const { cycle, series, families } = measurement;
    const { discover, scrape, queue } = cycle;
    const figures = [
      families,
      series,
      scrape.invocations,
      discover.cpu_ms,
      scrape.cpu_ms,
      queue.bytes,
      discover.stderr_bytes + scrape.stderr_bytes,
      scrape.stdout_bytes,
    ];
    return [countText(measurement.tasks), ...figures.map(countText)];
  });
  return markdownTable(
    [
      'tasks',
      'families',
      'series a task',
      'shards',
      'discover CPU ms',
      'scrape CPU ms',
      'messages',
      'stderr',
      'stdout',
    ],
    rows,
  );
}

function fastUsage(measurement: Measurement, intervalS: number): Usage {
  return runningOf(defaultPlan(stackLoad(measurement, { intervalS, answerTimes: FAST })));
}

function runningOf({ load, settings }: Plan): Usage {
  return stackUsage(load, settings).running;
}

function usdOf(usage: Usage): number {
  return billOf(usage, US_EAST_1).usd;
}

function only(usage: Usage, names: readonly PriceName[]): Usage {
  return Object.fromEntries(names.map((name) => [name, usage[name] ?? 0]));
}

/** A row for each fleet and interval. */
function eachInterval(
  measurements: readonly Measurement[],
  cells: (measurement: Measurement, intervalS: number) => readonly string[],
): string[][] {
  return measurements.flatMap((measurement) =>
    INTERVALS_S.map((intervalS) => [`${titleOf(measurement)}, ${intervalS} s`, ...cells(measurement, intervalS)]),
  );
}

function titleOf({ tasks, families, clusters }: Measurement): string {
  const of = clusters > 1 ? `${countText(families)} families, ${clusters} clusters` : `${countText(families)} families`;
  return `${countText(tasks)} tasks, ${of}`;
}

function goalOf(measurements: readonly Measurement[]): Measurement {
  const goal = measurements.find(({ tasks }) => tasks === GOAL.tasks);
  if (goal === undefined) throw new Error(`expected a measurement with ${GOAL.tasks} tasks, found none`);
  return goal;
}

/** Without an exponent. */
function plain(usd: number): string {
  return usd.toFixed(10).replace(/\.?0+$/, '');
}
