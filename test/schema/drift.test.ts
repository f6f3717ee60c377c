import { expect, test } from 'vitest';
import { DEFAULT_INTERVAL, DEFAULT_TIMEOUT } from '../../lib/compose/extensions/x-prometheus.ts';
import type { Path } from '../../lib/document/document.ts';
import { formatPath } from '../../lib/document/problem.ts';
import { packs } from '../../rules/index.ts';
import { composeSchema, renderVerdict } from './judge.ts';
import { fileWith, isDescribed, levelsOf } from './schema-levels.ts';

const levels = levelsOf(composeSchema);
const isOurs = ({ path }: { readonly path: Path }) => path.some((key) => String(key).startsWith('x-prom'));

/** What rendering says against this value at this path. */
function errorsAt(path: Path, value: unknown): string[] {
  const { verdict, problems } = renderVerdict(fileWith(path, value));
  if (verdict !== 'reject') return [];
  return problems.flatMap((problem) => (problem.path === formatPath(path) ? [problem.text] : []));
}

/** The keys that rendering lists when it meets one it does not know. */
function knownKeys(path: Path): string[] {
  const { problems } = renderVerdict(fileWith([...path, '?'], 'a'));
  const message = problems.find((problem) => problem.path === formatPath([...path, '?']))?.text ?? '';
  return message.replace(/^.*known keys: /, '').split(', ');
}

const closed = levels.flatMap(({ path, schema }) =>
  schema.properties !== undefined && schema.additionalProperties === false
    ? [{ place: formatPath(path), path, keys: Object.keys(schema.properties) }]
    : [],
);

test.each(closed)('the JSON Schema has the keys that rendering knows at $place', ({ path, keys }) => {
  expect(keys.sort()).toEqual(knownKeys(path).sort());
});

test('every mapping of the extensions is closed, or holds values of one kind', () => {
  const isOpen = ({ schema }: (typeof levels)[number]) =>
    schema.properties !== undefined && schema.additionalProperties === undefined;
  const open = levels.filter((level) => isOurs(level) && isOpen(level)).map(({ path }) => formatPath(path));
  expect(open).toEqual([]);
});

const choices = levels.flatMap(({ path, schema }) =>
  schema.enum === undefined ? [] : [{ place: formatPath(path), path, values: schema.enum }],
);

test.each(choices)('rendering takes each value that the JSON Schema lists at $place', ({ path, values }) => {
  expect(values.flatMap((value) => errorsAt(path, value))).toEqual([]);
});

test.each(choices)('the JSON Schema lists each value that rendering names at $place', ({ path, values }) => {
  const named = errorsAt(path, '?').flatMap((message) =>
    message.replace(/^expected (one of )?(.*), found .*$/, '$2').split(/, | or /),
  );
  const taken = named.filter((value) => errorsAt(path, value).length === 0);
  expect(named.length).toBeGreaterThan(0);
  expect(taken.filter((value) => !values.includes(value))).toEqual([]);
});

test('every key is described', () => {
  const undescribed = levels
    .filter(isOurs)
    .flatMap(({ path, schema }) =>
      Object.entries(schema.properties ?? {}).flatMap(([key, value]) =>
        isDescribed(value) ? [] : [formatPath([...path, key])],
      ),
    );
  expect(undescribed).toEqual([]);
});

test('Exporters completes the rule packs that ship', () => {
  const exporters = composeSchema.definitions?.xPromEmf?.properties?.Exporters?.properties ?? {};
  expect(Object.keys(exporters).sort()).toEqual(packs.map((pack) => (pack as { name: string }).name).sort());
});

test('the defaults of a scraping configuration are those of rendering', () => {
  const scraping = composeSchema.definitions?.containersInsights?.properties?.ScrapingConfiguration?.properties;
  expect(scraping?.Interval).toMatchObject({ default: DEFAULT_INTERVAL });
  expect(scraping?.Timeout).toMatchObject({ default: DEFAULT_TIMEOUT });
});
