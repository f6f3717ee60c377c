import { metricNamesOf } from '../../cloudwatch/monitoring/metric-names.ts';
import type { Problem } from '../../document/problem.ts';
import { compileRegex } from '../../prometheus/regex.ts';
import type { Family } from '../family/family.ts';
import { type LintContext, type RuleDeclaration, rulesOf } from './lint-context.ts';

const BUCKET = '_bucket';

/** Selectors of a family's own rules that can only match buckets, which are no metrics. */
export function lintBuckets(family: Family, context: LintContext): Problem[] {
  return rulesOf(family, context).flatMap((written) => lintSelectors(written, context));
}

function lintSelectors(
  { declaration: { metric_selectors = [] }, section, path }: RuleDeclaration,
  { engine }: LintContext,
): Problem[] {
  const selectors = metric_selectors.map(compileRegex);
  return metric_selectors.flatMap((selector, index) => {
    if (!isOfBuckets(selector)) return [];
    const histograms = histogramsOf(selector);
    // Who selects the histograms too loses nothing.
    if (histograms.length > 0 && histograms.every((name) => selectors.some(({ search }) => search(name)))) return [];
    const remedy = engine === 'agent' ? 'remove it: an agent publishes no histograms' : selectionOf(histograms);
    const text = `selects buckets alone, which are no metrics, so it finds nothing; ${remedy}`;
    return [section.problemAt('warning', [...path, 'metric_selectors', index], text)];
  });
}

/** Whether every name that the selector matches ends in `_bucket`; not of every selector for which this holds. */
function isOfBuckets(selector: string): boolean {
  const names = metricNamesOf(selector);
  if (names !== undefined) return names.length > 0 && names.every((name) => name.endsWith(BUCKET));
  return selector.endsWith(`${BUCKET}$`) && !hasAlternatives(selector);
}

/** Whether there is a `|` outside of groups; one in a class or after a backslash is taken for one too. */
function hasAlternatives(selector: string): boolean {
  let depth = 0;
  for (const character of selector) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === '|' && depth <= 0) return true;
  }
  return false;
}

/** The histograms of these buckets; none where the selector has no finite list of names. */
function histogramsOf(selector: string): readonly string[] {
  return (metricNamesOf(selector) ?? []).map((name) => name.slice(0, -BUCKET.length));
}

function selectionOf(histograms: readonly string[]): string {
  if (histograms.length === 0) return 'select histograms by their own names, without _bucket';
  const [only] = histograms;
  const names = histograms.length === 1 ? only : `(${histograms.join('|')})`;
  return `select ${histograms.length === 1 ? 'the histogram' : 'the histograms'}: "^${names}$"`;
}
