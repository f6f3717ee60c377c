import { formatProblem, type Problem } from '../lib/document/problem.ts';
import type { DocumentStore } from '../lib/ports.ts';
import { type PublishedFamily, type PublishSettings, publishFamilies } from '../lib/publish.ts';
import type { RenderedFamily } from '../lib/render.ts';

/** A store of documents and what people call it. */
export type Target = { readonly name: string; readonly store: DocumentStore };

/** What became of a family in one of the targets. */
type Published = PublishedFamily & { readonly target: string };

/**
 * Publishes families to each target and prints what became of them: addresses, or the differences of a dry run, on
 * stdout, all else on stderr. Returns the exit status.
 */
export async function publishTo(
  targets: readonly Target[],
  { families, warnings }: { readonly families: readonly RenderedFamily[]; readonly warnings: readonly Problem[] },
  settings: PublishSettings,
  json: boolean,
): Promise<number> {
  if (!json) process.stderr.write(warnings.map((warning) => `${formatProblem(warning)}\n`).join(''));
  const published: Published[] = [];
  const sizes = sizesOf(families);
  try {
    for (const { name, store } of targets)
      for (const family of await publishFamilies(families, store, settings))
        published.push({ ...family, target: name });
  } finally {
    // What was done to one target is told also when another cannot be used.
    const outcomes = published.map(({ addresses, diff, ...outcome }) => outcome);
    const lines = published.map((each) => textOf(each, sizes, settings)).join('');
    process.stderr.write(json ? `${JSON.stringify({ warnings, sizes, outcomes })}\n` : lines);
    process.stdout.write(settings.dryRun ? differences(published, json) : addresses(published, json));
  }
  return published.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
}

/** The sizes of the documents by family and kind, in bytes of UTF-8. */
export function sizesOf(families: readonly RenderedFamily[]): Readonly<Record<string, RenderedFamily['sizes']>> {
  return Object.fromEntries(families.map(({ family, sizes }) => [family, sizes]));
}

/** `prometheus 212 bytes, agent 3100 bytes` */
export function formatSizes(sizes: RenderedFamily['sizes'] = {}): string {
  return Object.entries(sizes)
    .map(([kind, bytes]) => `${kind} ${bytes} bytes`)
    .join(', ');
}

const WOULD_BE = {
  created: 'would be created',
  changed: 'would be changed',
  unchanged: 'unchanged',
  pruned: 'would be pruned',
  failed: 'would fail',
} as const satisfies Record<PublishedFamily['outcome'], string>;

function textOf(
  { family, target, outcome, error, problems }: Published,
  sizes: Readonly<Record<string, RenderedFamily['sizes']>>,
  { dryRun = false }: PublishSettings,
): string {
  const found = problems.map((problem) => `${formatProblem(problem)}\n`).join('');
  const rest = error ?? formatSizes(outcome === 'pruned' ? {} : sizes[family]);
  const done = dryRun ? WOULD_BE[outcome] : outcome;
  return `${found}${family}: ${done} in ${target}${rest === '' ? '' : `: ${rest}`}\n`;
}

function addresses(published: readonly Published[], json: boolean): string {
  const done = published.filter(({ outcome }) => outcome !== 'failed').flatMap((family) => family.addresses);
  return json ? `${JSON.stringify(done)}\n` : done.map((address) => `${address}\n`).join('');
}

function differences(published: readonly Published[], json: boolean): string {
  const all = published.map(({ target, family, outcome, diff = '' }) => ({ target, family, outcome, diff }));
  return json ? `${JSON.stringify(all)}\n` : all.map(({ diff }) => diff).join('');
}
