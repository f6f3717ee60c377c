import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Figure, figureOf } from '../measurement.ts';
import { OURS } from '../peers.ts';
import type { Plan } from '../plan.ts';
import { CORES, scrapeApart, startPinned, withExporter } from '../processes.ts';

const HANDLER = new URL('../functions/scrape/handler.js', import.meta.url).href;
export const FIRST_CORPUS = 'jmx-100k';
const FIRST_SCRAPES = 5;

/** What a new process costs: the bundle of scrape, and the first scrape that it does. */
export async function measureCold(plan: Plan): Promise<readonly Figure[]> {
  plan.tell('cold: a bare Node and the handler of scrape in turn');
  const [bare, loaded]: [number[], number[]] = [[], []];
  for (let start = 0; start < plan.starts; start += 1) {
    bare.push(await cpuMsOfStart(''));
    loaded.push(await cpuMsOfStart(`await import(${JSON.stringify(HANDLER)});`));
  }
  const start = { by: OURS, what: 'cpu', unit: 'ms' };
  return [
    figureOf({ ...start, subject: 'node' }, bare),
    figureOf({ ...start, subject: 'node and handler' }, loaded),
    await firstScrape(plan),
  ];
}

async function firstScrape({ starts, tell }: Plan): Promise<Figure> {
  tell(`cold: the first scrape of ${FIRST_CORPUS}`);
  const settings = { corpus: FIRST_CORPUS, rounds: 0 };
  const firsts = await withExporter({ corpus: FIRST_CORPUS }, async ({ port }) => {
    const times: number[] = [];
    for (let start = 0; start < Math.min(starts, FIRST_SCRAPES); start += 1)
      times.push((await scrapeApart({ ...settings, port })).first.cpuMs);
    return times;
  });
  return figureOf({ subject: `first scrape of ${FIRST_CORPUS}`, by: OURS, what: 'cpu', unit: 'ms' }, firsts);
}

async function cpuMsOfStart(statements: string): Promise<number> {
  const script = `${statements} process.stdout.write(JSON.stringify(process.cpuUsage()), () => process.exit());`;
  const command = [process.execPath, '--input-type=module', '--eval', script];
  const child = startPinned(CORES.measured, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed, [code]] = await Promise.all([child.stdout === null ? '' : text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`${fileURLToPath(HANDLER)}: a process that loads it ended with ${code}`);
  const { user, system } = JSON.parse(printed) as NodeJS.CpuUsage;
  return (user + system) / 1000;
}
