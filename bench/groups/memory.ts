import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { bodyOf, type Corpus, isLarge } from '../corpora.ts';
import { type Figure, figureOf } from '../measurement.ts';
import { OURS, PARSERS } from '../peers.ts';
import type { Plan } from '../plan.ts';
import { CORES, scrapeApart, startPinned } from '../processes.ts';

/** From bytes in memory to lines in memory, beside parsers that stop at samples. */
export async function measureMemory(plan: Plan): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const corpus of plan.corpora.filter(isLarge)) figures.push(...(await measureCorpus(corpus, plan)));
  return figures;
}

async function measureCorpus(corpus: Corpus, plan: Plan): Promise<readonly Figure[]> {
  const { name: subject } = corpus;
  const file = join(plan.folder, 'body.prom');
  writeFileSync(file, bodyOf(corpus));
  const times = new Map<string, number[]>();
  const add = (by: string, values: readonly number[]) => times.set(by, [...(times.get(by) ?? []), ...values]);
  const firsts: number[] = [];
  for (let repetition = 1; repetition <= plan.repetitions; repetition += 1) {
    const tell = (by: string) => plan.tell(`memory, ${subject}: ${by}, ${repetition} of ${plan.repetitions}`);
    tell(OURS);
    const { first, rounds } = await scrapeApart({ corpus: subject, unmeasured: plan.unmeasured, rounds: plan.rounds });
    firsts.push(first.cpuMs);
    add(
      OURS,
      rounds.map(({ cpuMs }) => cpuMs),
    );
    for (const [by, command] of plan.peers ? Object.entries(PARSERS) : []) {
      tell(by);
      // Its first round does not count either.
      add(by, (await parseApart(command(plan.rounds + 1, file))).slice(1));
    }
  }
  return [
    ...[...times].map(([by, values]) => figureOf({ subject, by, what: 'cpu', unit: 'ms' }, values)),
    figureOf({ subject, by: OURS, what: 'first', unit: 'ms' }, firsts),
  ];
}

async function parseApart(command: readonly string[]): Promise<readonly number[]> {
  const child = startPinned(CORES.measured, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed, [code]] = await Promise.all([child.stdout === null ? '' : text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`${command.join(' ')}: ended with ${code}`);
  const { series, cpu_ms } = JSON.parse(printed) as { series: number; cpu_ms: number[] };
  if (series === 0) throw new Error(`${command.join(' ')}: found no series`);
  return cpu_ms;
}
