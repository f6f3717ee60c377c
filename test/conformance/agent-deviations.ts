import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Why an agent case may differ, decided by what the case contains: the agent's bugs that docs/differences-from-the-agent.md lists, and
 * what only its own envelope makes impossible. Nothing where it must be equal.
 */
export async function deviationOf(folder: string): Promise<string | undefined> {
  const files = await readdir(folder);
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '');
  const bodies = await Promise.all(files.filter((name) => name.endsWith('.prom')).map(read));
  const prometheus = await read('prometheus.yaml');
  const targets = await read('targets.yaml');
  return DEVIATIONS.find(({ applies }) => applies({ bodies, prometheus, targets }))?.reason;
}

type Case = { readonly bodies: readonly string[]; readonly prometheus: string; readonly targets: string };

const DEVIATIONS: readonly { readonly reason: string; readonly applies: (recorded: Case) => boolean }[] = [
  {
    reason: 'duplicate series: the first wins here, the agent publishes the raw cumulative value',
    applies: ({ bodies }) => bodies.some(hasDuplicateSeries),
  },
  {
    reason: 'an exemplar is never a value here; the agent publishes it as one',
    applies: ({ bodies }) => bodies.some((body) => / # \{[^}]*\} /.test(body)),
  },
  {
    reason: 'a timestamp outside the window costs its own sample here; the agent loses the batch',
    applies: ({ bodies, prometheus }) =>
      !/honor_timestamps:\s*false/.test(prometheus) && bodies.some((body) => /^[^#\n]*\s\d{12,}\s*$/m.test(body)),
  },
  {
    reason: 'labelkeep and labeldrop cannot harm here; the agent loses its own helper labels and drops everything',
    applies: ({ prometheus }) =>
      /action:\s*['"]?label(keep|drop)/i.test(prometheus) && /relabel_configs/.test(prometheus),
  },
  {
    reason: 'a metric called value keeps its name here; the agent publishes it as prometheus',
    applies: ({ bodies }) => bodies.some((body) => /^value[ {]/m.test(body)),
  },
  {
    reason:
      'two targets with equal labels: baselines are kept by target here, by final labels in the agent (random there)',
    applies: ({ targets }) => hasRepeat(targets.match(/\binstance:[^,}\n]+/g) ?? []),
  },
];

function hasDuplicateSeries(body: string): boolean {
  const series = body
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/\s+\S+(\s+\d+)?\s*$/, ''));
  return hasRepeat(series);
}

function hasRepeat(texts: readonly string[]): boolean {
  return new Set(texts).size !== texts.length;
}
