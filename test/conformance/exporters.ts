import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelPair } from '../../lib/prometheus/exposition.ts';
import { readExposition } from '../../lib/prometheus/exposition-reader.ts';
import { differenceOf } from './exposition.ts';
import { readLines } from './lines.ts';
import type { Outcome, Topic } from './topic.ts';

/** A scrape of a real exporter: the body is in `file`. */
type RecordedScrape = { file: string; headers: Readonly<Record<string, string>> };

/** The samples of real exporters, with the Content-Type they sent. */
export const topic: Topic = {
  name: 'exporters',
  run: async (folder) =>
    Promise.all((await readLines<RecordedScrape>(folder)).map((recorded) => runCase(folder, recorded))),
};

async function runCase(folder: string, { file, headers }: RecordedScrape): Promise<Outcome> {
  const body = await readFile(join(folder, file));
  const table = await readFile(join(folder, file.replace(/\.prom$/, '.expected.tsv')), 'utf8');
  const expected = table
    .split('\n')
    .filter((line) => line !== '')
    .map(sampleOf);
  try {
    const { samples, scraped } = readExposition(body, headers['content-type'] ?? '', undefined, undefined);
    const found = samples.map(({ name, labels, value, timestampMs }) => ({
      name,
      labels,
      value,
      ...(timestampMs !== undefined && { ts_ms: timestampMs }),
    }));
    const detail = differenceOf(expected, found) ?? countFault(expected.length, scraped);
    return detail === undefined ? { case: file, outcome: 'passed' } : { case: file, outcome: 'failed', detail };
  } catch (error) {
    return { case: file, outcome: 'failed', detail: `rejected: ${(error as Error).message}` };
  }
}

/** name, labels as JSON, value, timestamp in milliseconds or nothing; separated by tabs. */
function sampleOf(line: string) {
  const [name = '', labels = '[]', value = '', ts = ''] = line.split('\t');
  return { name, labels: JSON.parse(labels) as LabelPair[], value, ...(ts !== '' && { ts_ms: Number(ts) }) };
}

function countFault(expected: number, scraped: number): string | undefined {
  return scraped === expected ? undefined : `expected ${expected} samples scraped, counted ${scraped}`;
}
