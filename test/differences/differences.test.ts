import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Difference, runDifference } from './difference.ts';
import { DOCUMENT_DIFFERENCES } from './document-differences.ts';
import { INCREASE_DIFFERENCES } from './increase-differences.ts';
import { METRIC_DIFFERENCES } from './metric-differences.ts';

const DIFFERENCES: readonly Difference[] = [...METRIC_DIFFERENCES, ...INCREASE_DIFFERENCES, ...DOCUMENT_DIFFERENCES];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A row of a table: a case of its name is here, unless `shownBy` names tests. */
type Row = { readonly question: string; readonly followsProfile: boolean; readonly shownBy: string | undefined };

const ROWS: readonly Row[] = readFileSync(join(ROOT, 'docs', 'differences-from-the-agent.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| question '))
  .map((line) => {
    const [, question = '', , , shownBy] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const followsProfile = question.endsWith(' *');
    return { question: question.replace(/ \*$/, ''), followsProfile, shownBy: shownBy === '' ? undefined : shownBy };
  });

describe('docs/differences-from-the-agent.md', () => {
  it('names each question once', () => {
    const questions = ROWS.map(({ question }) => question);
    expect(questions.filter((question, at) => questions.indexOf(question) !== at)).toEqual([]);
  });

  it('has a row for each case here, and a case for each row that names no other test', () => {
    const shownHere = ROWS.filter(({ shownBy }) => shownBy === undefined).map(({ question }) => question);
    const cases = new Set(DIFFERENCES.map(({ row }) => row));
    expect([...cases].sort()).toEqual(shownHere.sort());
  });

  it('marks the rows that follow the profile, and no other', () => {
    const marked = ROWS.filter(({ shownBy, followsProfile }) => shownBy === undefined && followsProfile);
    const following = DIFFERENCES.filter(({ expectedAsAgent }) => expectedAsAgent !== undefined).map(({ row }) => row);
    expect([...new Set(following)].sort()).toEqual(marked.map(({ question }) => question).sort());
  });

  const named = ROWS.flatMap(({ question, shownBy }) => (shownBy === undefined ? [] : [{ question, shownBy }]));
  it.each(named)('shows "$question" by tests that are there', ({ shownBy }) => {
    const tests = [...shownBy.matchAll(/\[([^\]]+)\]\(\.\.\/([^)]+)\)/g)];
    expect(tests).not.toEqual([]);
    for (const [, name, path = ''] of tests) {
      const file = join(ROOT, path);
      expect([path, existsSync(file)]).toEqual([path, true]);
      expect(readFileSync(file, 'utf8')).toContain(`'${name}'`);
    }
  });
});

const SIDES = DIFFERENCES.flatMap((difference) => [
  { ...difference, side: 'prom-emf', profile: 'prom-emf', written: difference.expected, report: difference.report },
  ...(difference.expectedAsAgent === undefined
    ? []
    : [{ ...difference, side: 'the agent', profile: 'cloudwatch-agent', written: difference.expectedAsAgent }]),
]);

describe('a difference from the agent', () => {
  it.each(SIDES)('$row: $side', async (difference) => {
    const { written, report } = await runDifference(difference, { profile: difference.profile });
    expect(written).toEqual(difference.written);
    if (difference.side !== 'prom-emf') return;
    const { dropped, error, missing } = difference.report ?? {};
    const [target] = report?.targets ?? [];
    if (dropped !== undefined) expect(target?.dropped).toEqual(dropped);
    if (error !== undefined) expect(target?.error).toBe(error);
    if (missing !== undefined) expect(report?.missingDimensions.flatMap((fault) => fault.missing)).toEqual(missing);
  });
});

const OURS_ALONE = DIFFERENCES.filter(({ expectedAsAgent }) => expectedAsAgent === undefined);

describe('a row that does not follow the profile', () => {
  it.each(OURS_ALONE)('is the same under that of the agent: $row', async (difference) => {
    const { written } = await runDifference(difference, { profile: 'cloudwatch-agent' });
    // A label of another row.
    const others = JSON.stringify(written, (name, value) => (name === 'prom_metric_type' ? undefined : value));
    expect(JSON.parse(others)).toEqual(difference.expected);
  });
});
