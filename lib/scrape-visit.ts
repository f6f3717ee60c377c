import { type Clock, type Scrape, UNREACHABLE } from './ports.ts';
import { expositionReader } from './prometheus/exposition-reader.ts';
import { requestOf } from './prometheus/request.ts';
import { withCredentials } from './prometheus/request-credentials.ts';
import { needsEveryLabel } from './prometheus/samples.ts';
import type { Secrets } from './prometheus/secret-reference.ts';
import { nextTryMs, type Silence, silenceAfter } from './prometheus/silence.ts';
import type { View, Visit, Visited } from './scrape-conversion.ts';
import { earlierBodies, type ScrapeMemory } from './scrape-memory.ts';

/** What the cycle says of its visits. */
type VisitSettings = {
  readonly secrets?: Secrets;
  /** When the last request must be over, Unix ms; absent: never. */
  readonly deadline?: number;
  readonly memory: ScrapeMemory;
};

type VisitPorts = { readonly scrape: Scrape; readonly clock: Clock };

/** A target that has been silent for long is not asked each time. */
export async function visitUnlessSilent(
  visit: Visit,
  silence: Silence | undefined,
  settings: VisitSettings,
  ports: VisitPorts,
): Promise<Visited & { readonly silence: Silence | undefined }> {
  const nowMs = ports.clock();
  if (silence !== undefined && nowMs < nextTryMs(silence, visit.intervalMs)) {
    const [view] = visit.views;
    const fault = new Error(
      `${view?.target.url}: not asked, since it took no connection ${silence.failures} times in a row; it is asked every few minutes`,
    );
    return { ...visit, ...NOT_ASKED, fault, durationMs: 0, silence };
  }
  const visited = await visitTarget(visit, settings, ports);
  const isSilent = (visited.fault as { code?: unknown } | undefined)?.code === UNREACHABLE;
  return { ...visited, silence: silenceAfter(silence, isSilent, nowMs) };
}

async function visitTarget(
  visit: Visit,
  { deadline, secrets, memory }: VisitSettings,
  ports: VisitPorts,
): Promise<Visited> {
  const startedAt = ports.clock();
  const [first] = visit.views.filter(({ fault }) => fault === undefined).sort(byTimeout);
  const outcome = async (): Promise<Pick<Visited, 'exposition' | 'bodyBytes' | 'fault'>> => {
    if (first === undefined) return NOT_ASKED;
    try {
      const { config } = first.job;
      const request = withCredentials(requestOf(first.target, config), config, secrets ?? new Map());
      const leftMs = (deadline ?? Number.POSITIVE_INFINITY) - startedAt;
      if (leftMs <= 0) throw new Error(`${request.url}: no time left in this invocation; too many targets are slow`);
      const reader = expositionReader(fallbackOf(first), nameFilter(visit.views), earlierBodies(memory, visit.views));
      const timeoutMs = Math.min(request.timeoutMs, leftMs);
      const { body, contentType } = await ports.scrape({ ...request, timeoutMs }, reader.read);
      reader.read(body, contentType);
      return reader.end();
    } catch (error) {
      return { ...NOT_ASKED, fault: error };
    }
  };
  const result = await outcome();
  return { ...visit, ...result, durationMs: ports.clock() - startedAt };
}

const NOT_ASKED = { exposition: undefined, bodyBytes: 0 };

/** The most patient first: its request serves all. */
function byTimeout(a: View, b: View): number {
  return b.target.timeoutMs - a.target.timeoutMs;
}

/** The agent reads an answer without a Content-Type as text. */
function fallbackOf({ family, job }: View) {
  const isAgent = family.rules.profile === 'cloudwatch-agent';
  return job.config.fallback_scrape_protocol ?? (isAgent ? 'PrometheusText0.0.4' : undefined);
}

/** Decides by name which samples are decoded; nothing where labels of all of them are needed. */
function nameFilter(views: readonly View[]): ((name: string) => boolean) | undefined {
  if (views.some(({ job }) => needsEveryLabel(job))) return undefined;
  return (name) => views.some(({ family }) => family.rules.wants(name));
}
