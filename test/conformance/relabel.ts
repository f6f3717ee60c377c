import * as v from 'valibot';
import { parseDocument } from '../../lib/document/document.ts';
import { readDocument } from '../../lib/document/schema.ts';
import { labelsOf, sortedPairs } from '../../lib/prometheus/labels.ts';
import { compileRelabel } from '../../lib/prometheus/relabel.ts';
import { relabelConfigOf, relabelConfigsSchema } from '../../lib/prometheus/relabel-schema.ts';
import { readLines } from './lines.ts';
import type { Outcome, Topic } from './topic.ts';

type RecordedRelabel = {
  id: string;
  config: string;
  name_validation?: 'utf8' | 'legacy' | null;
  input: [string, string][];
  expect: { config_ok: boolean; keep?: boolean; out?: [string, string][] };
};

/** What Prometheus's relabeling makes of a label set. */
export const topic: Topic = {
  name: 'relabel',
  run: async (folder) => (await readLines<RecordedRelabel>(folder)).map(runCase),
};

function runCase(recorded: RecordedRelabel): Outcome {
  const found = relabel(recorded);
  const { config_ok, keep, out } = recorded.expect;
  const expected = config_ok ? { config_ok, keep, ...(keep && { out }) } : { config_ok };
  if (JSON.stringify(found.outcome) === JSON.stringify(expected)) return { case: recorded.id, outcome: 'passed' };
  const detail = `expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`;
  return { case: recorded.id, outcome: 'failed', detail };
}

function relabel({ config, input, name_validation }: RecordedRelabel) {
  const validation = name_validation ?? 'utf8';
  try {
    const document = parseDocument(config, 'relabel.yaml', 'text');
    const configs = readDocument(v.nullable(relabelConfigsSchema(validation)), document) ?? [];
    const labels = compileRelabel(configs.map(relabelConfigOf), validation)(labelsOf(input));
    if (labels === undefined) return { outcome: { config_ok: true, keep: false } };
    return { outcome: { config_ok: true, keep: true, out: sortedPairs(labels) } };
  } catch (error) {
    return { outcome: { config_ok: false }, message: (error as Error).message };
  }
}
