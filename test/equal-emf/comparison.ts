import { expect } from 'vitest';
import { MAX_VALUE } from '../../lib/cloudwatch/limits.ts';
import { memoryStateStore } from '../../lib/io/state-store.ts';
import { type ScrapeMemory, scrapeMemory } from '../../lib/scrape-memory.ts';
import type { Answer } from './bodies.ts';
import { chunksOf, cutAt, cutsOf, sizesOf } from './cuts.ts';
import { copyOf, type Result, referenceResults, scrapeRound } from './results.ts';
import { SCANNERS, type ScannerName, scanner } from './scanner.ts';
import type { Scenario } from './scenarios.ts';

async function onEachPath(run: (path: string) => Promise<void>): Promise<void> {
  for (const name of Object.keys(SCANNERS) as ScannerName[]) {
    scanner.name = name;
    await run(`scanner ${name}`);
  }
  scanner.name = 'webassembly';
}

/** Texts are compared first, since that is quick. */
function expectEqual(found: Result, expected: Result, expectedText: string, what: string): void {
  if (JSON.stringify(found) !== expectedText) expect(found, what).toEqual(expected);
}

/** What the process knows of label sets by then: of all bodies that the scenario has had, on any path. */
const memories = new WeakMap<Scenario, ScrapeMemory>();

/** Every round on each path, in chunks of this size, gives what the reference gives. */
export async function expectEqualRounds(
  scenario: Scenario,
  rounds: readonly Answer[],
  size: number,
): Promise<Result[]> {
  const expected = referenceResults(scenario, rounds);
  if (expected.some(isBeyondRange)) return expected;
  const memory = memories.get(scenario) ?? scrapeMemory();
  memories.set(scenario, memory);
  await onEachPath(async (path) => {
    const store = memoryStateStore();
    for (const [round, result] of expected.entries()) {
      const found = await scrapeRound(scenario, rounds, round, (body) => chunksOf(body, size), store, memory);
      expectEqual(found, result, JSON.stringify(result), `${path}, round ${round}, chunks of ${size}`);
    }
  });
  return expected;
}

/** In the agent's profile such values leave, as from the agent; no line with one is valid, so none is made here. */
function isBeyondRange({ documents }: Result): boolean {
  const numbers = documents.flatMap(({ line }) => line.match(/(?<=":)-?[0-9.]+e\+[0-9]+/g) ?? []);
  return numbers.some((number) => Math.abs(Number(number)) > MAX_VALUE);
}

/** The last round on each path, whatever it is cut into, gives what the reference gives. */
export async function expectEqualCuts(scenario: Scenario, rounds: readonly Answer[]): Promise<void> {
  const expected = referenceResults(scenario, rounds);
  const [last] = expected.slice(-1) as [Result];
  const text = JSON.stringify(last);
  const [{ body }] = rounds.slice(-1) as [Answer];
  await onEachPath(async (path) => {
    const store = memoryStateStore();
    for (const [round, result] of expected.slice(0, -1).entries())
      expectEqual(
        await scrapeRound(scenario, rounds, round, (whole) => [whole], store),
        result,
        JSON.stringify(result),
        path,
      );
    const scrapeLast = async (cut: (body: Uint8Array) => Uint8Array[]) =>
      scrapeRound(scenario, rounds, rounds.length - 1, cut, await copyOf(store));
    for (const size of sizesOf(body))
      expectEqual(await scrapeLast((whole) => chunksOf(whole, size)), last, text, `${path}, chunks of ${size}`);
    for (const at of cutsOf(body))
      expectEqual(await scrapeLast((whole) => cutAt(whole, at)), last, text, `${path}, cut at ${at}`);
  });
}
