import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { formatProblem } from '../../lib/document/problem.ts';
import { composeSchema, renderText, renderVerdict, schemaFaults } from './judge.ts';
import { levelsOf } from './schema-levels.ts';

const REFERENCE = readFileSync(new URL('../../docs/compose-extensions.md', import.meta.url), 'utf8');

/** A fenced block: `yaml` (a compose file that renders in silence), `yaml warns`, or what the one before it renders. */
type Block = { readonly kind: string; readonly text: string; readonly line: number };

const blocks: readonly Block[] = [...REFERENCE.matchAll(/^```(\S[^\n]*)\n(.*?)^```$/gms)].map((match) => ({
  kind: match[1] ?? '',
  text: match[2] ?? '',
  line: REFERENCE.slice(0, match.index).split('\n').length + 1,
}));

const files = blocks.filter(({ kind }) => kind === 'yaml' || kind === 'yaml warns');

test.each(files)('the compose file at line $line of the reference renders', ({ kind, text }) => {
  const { verdict, problems } = renderVerdict(text);
  expect(verdict, problems.map(formatProblem).join('\n')).toBe(kind === 'yaml' ? 'accept' : 'warn');
});

test.each(files.filter(({ kind }) => kind === 'yaml'))('the JSON Schema accepts it at line $line', ({ text }) => {
  expect(schemaFaults(text)).toEqual([]);
});

const DOCUMENTS = { json: 'agent', 'yaml prometheus': 'prometheus', 'yaml options': 'options' } as const;

const renderings = blocks.flatMap(({ kind, text, line }, index) => {
  const document = DOCUMENTS[kind as keyof typeof DOCUMENTS];
  return document === undefined ? [] : [{ document, text, line, source: blocks[index - 1]?.text ?? '' }];
});

test.each(renderings)('the $document document holds what line $line says', ({ document, text, source }) => {
  const rendered = renderText(source);
  const family = 'families' in rendered ? rendered.families[0] : undefined;
  expect(partsOf(parse(family?.[document] ?? ''))).toSatisfy((parts: readonly unknown[]) =>
    parts.some((part) => isDeepStrictEqual(part, parse(text))),
  );
});

/** The value and every value in it. */
function partsOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(partsOf)] : [value];
}

test('the reference names every key of the JSON Schema', () => {
  const keys = levelsOf(composeSchema).flatMap(({ path, schema }) =>
    path.length < 3 || path.at(-1) === 'Exporters' ? [] : Object.keys(schema.properties ?? {}),
  );
  // The keys of a relabel_config and of a header are Prometheus's own.
  const elsewhere = ['separator', 'modulus', 'target_label', 'values', 'secrets', 'files'];
  const missing = [...new Set(keys)].filter(
    (key) => !elsewhere.includes(key) && !new RegExp(`\\b${key}\\b`).test(REFERENCE),
  );
  expect(missing).toEqual([]);
});

const EXAMPLES = new URL('../../examples/compose/', import.meta.url);

test.each(readdirSync(EXAMPLES))('%s renders in silence, and the JSON Schema that it names accepts it', (file) => {
  const text = readFileSync(new URL(file, EXAMPLES), 'utf8');
  const { verdict, problems } = renderVerdict(text);
  expect(verdict, problems.map(formatProblem).join('\n')).toBe('accept');
  const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
  expect(JSON.parse(readFileSync(new URL(schema, EXAMPLES), 'utf8'))).toEqual(composeSchema);
  expect(schemaFaults(text)).toEqual([]);
});
