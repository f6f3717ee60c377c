import { gunzipSync } from 'node:zlib';
import { decodeState } from '../../lib/prometheus/scrape-state.ts';
import type { S3Objects } from './aws/s3.ts';
import type { Fleet, FleetTask } from './fleet.ts';

/** The scrapes that count, by task: when the last one was, and the work of the task at the first and the last. */
export type Scrapes = Map<string, Scraped>;

type Scraped = { readonly task: FleetTask; atMs: number; readonly firstWork: number; lastWork: number };

/**
 * Adds the scrapes of a cycle, which are those that came into a state: what another writer won over is no scrape. The
 * fleet must not have changed since.
 */
export function addScrapes(scrapes: Scrapes, objects: S3Objects, fleet: Fleet): void {
  for (const [name, { body }] of objects) {
    if (!isState(name) || name.endsWith('.confirmed')) continue;
    for (const [identity, { scrapedAtMs: atMs }] of decodeState(gunzipSync(body).toString('utf8')).targets) {
      const [id] = JSON.parse(identity.slice(0, identity.indexOf(']') + 1)) as readonly [string];
      const task = fleet.tasks.get(id);
      if (task === undefined) continue;
      const known = scrapes.get(id);
      if (known === undefined) scrapes.set(id, { task, atMs, firstWork: task.work, lastWork: task.work });
      else if (known.atMs < atMs) Object.assign(known, { atMs, lastWork: task.work });
    }
  }
}

/** Whether an object under `BUCKET/KEY` belongs to the states. */
export function isState(name: string): boolean {
  return name.split('/')[1] === 'state';
}
