import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, formatProblem } from '../../lib/document/problem.ts';
import { renderFamilies } from '../../lib/render.ts';
import { caseFolders, rulePacks } from './compose.ts';
import type { Outcome, Topic } from './topic.ts';

type Verdict = 'accept' | 'warn' | 'reject';
type Verdicts = Readonly<Record<string, { readonly verdict: Verdict; readonly because: string }>>;

/**
 * What prom-emf answers to each compose file. An accepted one may have warnings of its own, such as an exporter port
 * without a port mapping; a rejected one is refused with the place of its error.
 */
export const topic: Topic = {
  name: 'compose-inputs',
  run: async (folder) => {
    const verdicts = JSON.parse(readFileSync(join(folder, 'verdicts.json'), 'utf8')) as Verdicts;
    return caseFolders(folder).map((name) => runCase(join(folder, name), name, verdicts[name]?.verdict));
  },
};

function runCase(folder: string, name: string, expected: Verdict | undefined): Outcome {
  if (expected === undefined) return { case: name, outcome: 'failed', detail: 'no verdict is recorded' };
  const { verdict, messages } = judge(readFileSync(join(folder, 'compose.yaml'), 'utf8'));
  if (verdict === expected || (expected === 'accept' && verdict === 'warn')) return { case: name, outcome: 'passed' };
  return { case: name, outcome: 'failed', detail: `expected ${expected}, found ${verdict}: ${messages.join(' | ')}` };
}

function judge(text: string): { verdict: Verdict; messages: readonly string[] } {
  try {
    const settings = { cluster: 'test', rulePacks, environment: {} };
    const { warnings } = renderFamilies([{ file: 'compose.yaml', text }], settings);
    return { verdict: warnings.length > 0 ? 'warn' : 'accept', messages: warnings.map(formatProblem) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { verdict: 'reject', messages: error.problems.map(formatProblem) };
  }
}
