import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { printable } from '../../lib/document/problem.ts';
import { topic as agent } from './agent.ts';
import { topic as agentDiscovery } from './agent-discovery.ts';
import { topic as compose } from './compose.ts';
import { topic as composeAppmesh } from './compose-appmesh.ts';
import { topic as composeInputs } from './compose-inputs.ts';
import { topic as discovery } from './discovery.ts';
import { topic as exporters } from './exporters.ts';
import { topic as exposition } from './exposition.ts';
import { topic as hostile } from './hostile.ts';
import { topic as jmx } from './jmx.ts';
import { topic as regex } from './regex.ts';
import { topic as relabel } from './relabel.ts';
import { topic as scrape } from './scrape.ts';
import type { Outcome, Topic } from './topic.ts';

/** Every topic, in the order in which they run; each has a folder of its name. */
export const TOPICS: readonly Topic[] = [
  regex,
  relabel,
  exposition,
  exporters,
  jmx,
  scrape,
  discovery,
  agentDiscovery,
  agent,
  compose,
  composeAppmesh,
  composeInputs,
  hostile,
];

/** A case that is known to fail, and the issue that will close it. */
export type PendingCase = {
  readonly topic: string;
  readonly case: string;
  readonly issue: number;
  readonly why: string;
};

/** What came of a topic; `missing`: there is no such folder. */
export type TopicResult = { readonly name: string; readonly outcomes: readonly Outcome[]; readonly missing: boolean };

export async function runTopic({ name, run }: Topic, data: string): Promise<TopicResult> {
  const folder = join(data, name);
  if (!existsSync(folder)) return { name, outcomes: [], missing: true };
  return { name, outcomes: await run(folder), missing: false };
}

/** Failures that `pending` does not list, and cases it lists that do not fail. A listed case may be absent. */
export function pendingFaults(result: TopicResult, pending: readonly PendingCase[]): string[] {
  const listed = new Set(pending.filter(({ topic }) => topic === result.name).map((entry) => entry.case));
  return result.outcomes.flatMap((outcome) => {
    const isListed = listed.has(outcome.case);
    if (outcome.outcome === 'failed')
      return isListed ? [] : [`${result.name}/${outcome.case}: failed, not listed in pending.json`];
    return isListed ? [`${result.name}/${outcome.case}: ${outcome.outcome}, remove it from pending.json`] : [];
  });
}

/** The repository: where npm scripts run, else two folders above this file (test/conformance, dist/test). */
function repository(): string {
  const isHere = existsSync(join(process.cwd(), 'test', 'conformance', 'pending.json'));
  return isHere ? process.cwd() : fileURLToPath(new URL('../..', import.meta.url));
}

/** The data of CONFORMANCE_DATA, else the whole beside the repository, else the repository's own copy. */
function dataFolder(root: string): string {
  const given = process.env.CONFORMANCE_DATA ?? '';
  if (given !== '') return resolve(given);
  const whole = resolve(root, '..', 'shared', 'conformance');
  return existsSync(whole) ? whole : ownData(root);
}

export function ownData(root = repository()): string {
  return join(root, 'test', 'conformance', 'data');
}

export async function readPending(root = repository()): Promise<PendingCase[]> {
  return JSON.parse(await readFile(join(root, 'test', 'conformance', 'pending.json'), 'utf8')) as PendingCase[];
}

const USAGE = `usage: npm run conformance [-- --pending] [-- --topic NAME]
  --pending     fail on failures that pending.json does not list, and on listed cases that do not fail
  --topic NAME  one of ${TOPICS.map(({ name }) => name).join(', ')}
  CONFORMANCE_DATA names the folder of the data
`;

/** Runs the command; returns its exit code: 0 no failure, 1 failures, 2 wrong usage. */
async function main(parameters: readonly string[]): Promise<number> {
  const options = readOptions(parameters);
  const data = dataFolder(repository());
  if (options === undefined || !existsSync(data)) {
    process.stderr.write(options === undefined ? USAGE : `${data}: expected the conformance data, found nothing\n`);
    return 2;
  }
  const pending = options.pending ? await readPending() : [];
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const results: TopicResult[] = [];
  const faults: string[] = [];
  for (const topic of TOPICS.filter(({ name }) => options.topic === undefined || name === options.topic)) {
    const startedAt = performance.now();
    const result = await runTopic(topic, data);
    for (const line of caseLines(result, pending)) print(line);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    print(`${topic.name}: ${result.missing ? 'skipped, no such folder' : `${countText([result])} (${seconds} s)`}`);
    results.push(result);
    if (options.pending) faults.push(...pendingFaults(result, pending));
  }
  for (const fault of faults) print(fault);
  print(countText(results));
  const failed = options.pending ? faults.length : results.flatMap(({ outcomes }) => outcomes).filter(isFailed).length;
  return failed === 0 ? 0 : 1;
}

function readOptions(parameters: readonly string[]): { pending: boolean; topic: string | undefined } | undefined {
  try {
    const { values } = parseArgs({
      args: [...parameters],
      options: { pending: { type: 'boolean', default: false }, topic: { type: 'string' } },
    });
    const isKnown = values.topic === undefined || TOPICS.some(({ name }) => name === values.topic);
    return isKnown ? { pending: values.pending, topic: values.topic } : undefined;
  } catch {
    return undefined;
  }
}

const MAX_DETAIL = 1000;

/** One line for each case that did not pass. */
function caseLines({ name, outcomes }: TopicResult, pending: readonly PendingCase[]): string[] {
  return outcomes.flatMap((outcome) => {
    const place = `${name}/${outcome.case}`;
    if (outcome.outcome === 'passed') return [];
    if (outcome.outcome === 'skipped') return [`skipped ${place}: ${printable(outcome.reason, MAX_DETAIL)}`];
    const known = pending.find((entry) => entry.topic === name && entry.case === outcome.case);
    if (known !== undefined) return [`failed ${place}: known, issue ${known.issue}: ${known.why}`];
    return [`failed ${place}: ${printable(outcome.detail, MAX_DETAIL)}`];
  });
}

function isFailed({ outcome }: Outcome): boolean {
  return outcome === 'failed';
}

function countText(results: readonly TopicResult[]): string {
  const outcomes = results.flatMap((result) => result.outcomes);
  const count = (wanted: Outcome['outcome']) => outcomes.filter(({ outcome }) => outcome === wanted).length;
  return `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`;
}

const [, script, ...parameters] = process.argv;
if (script !== undefined && existsSync(script) && realpathSync(script) === fileURLToPath(import.meta.url))
  process.exitCode = await main(parameters);
