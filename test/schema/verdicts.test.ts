import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { formatProblem } from '../../lib/document/problem.ts';
import { renderVerdict, schemaFaults, type Verdict } from './judge.ts';

/** Why the JSON Schema may say otherwise than rendering does. */
const REASONS = {
  capitals: 'the JSON Schema asks for the usual spelling',
  comparison: 'it does not compare values with each other',
  empty: 'it has no warnings: an empty value is refused',
  knowledge: 'it does not know files, rule packs and what else the family has',
  regex: 'it does not know RE2',
  value: 'it does not know what a variable becomes',
  'written number': 'it does not know the bounds of a number that is written as a text',
} as const;

type Group = {
  readonly at: string;
  readonly top?: boolean;
  readonly differs?: Readonly<Record<string, readonly [written: string, rendering: Verdict, reason: string]>>;
} & Readonly<Partial<Record<Verdict, Readonly<Record<string, string>>>>>;

const groups = parse(readFileSync(new URL('sections.yaml', import.meta.url), 'utf8')) as readonly Group[];

function composeText({ at, top = false }: Group, written: string): string {
  const section = at.replace('...', () => written);
  const service = 'image: web\n    ports: [80, 9113, 9404]';
  return top
    ? `${section}\nservices:\n  web:\n    ${service}\n    x-prom-emf: {Exporters: {nginx: true}}\n`
    : `services:\n  web:\n    ${service}\n    ${section}\n`;
}

const agreed = groups.flatMap((group) =>
  (['accept', 'warn', 'reject'] as const).flatMap((expected) =>
    Object.entries(group[expected] ?? {}).map(([name, written]) => ({
      name,
      expected,
      text: composeText(group, written),
    })),
  ),
);

test.each(agreed)('rendering and the JSON Schema both $expected $name', ({ text, expected }) => {
  const { verdict, problems } = renderVerdict(text);
  expect(verdict, problems.map(formatProblem).join('\n')).toBe(expected);
  const faults = schemaFaults(text);
  expect(faults.length > 0, faults.join('\n')).toBe(expected === 'reject');
});

const differing = groups.flatMap((group) =>
  Object.entries(group.differs ?? {}).map(([name, [written, expected, reason]]) => ({
    name,
    expected,
    reason,
    text: composeText(group, written),
  })),
);

test.each(differing)('the JSON Schema says otherwise of $name ($reason)', ({ text, expected, reason }) => {
  const { verdict, problems } = renderVerdict(text);
  expect(verdict, problems.map(formatProblem).join('\n')).toBe(expected);
  expect(schemaFaults(text).length > 0).toBe(expected !== 'reject');
  expect(Object.keys(REASONS)).toContain(reason);
});

const DATA = new URL('../conformance/data/', import.meta.url);

/** What the JSON Schema cannot know of these inputs. */
const UNKNOWABLE: Readonly<Record<string, keyof typeof REASONS>> = {
  'compose/34-scrapefile-relabel': 'knowledge',
  'compose-inputs/bad-regex': 'regex',
};

const recorded = ['compose', 'compose-appmesh', 'compose-inputs'].flatMap((topic) =>
  readdirSync(new URL(topic, DATA), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) =>
      readdirSync(new URL(`${topic}/${name}`, DATA))
        .filter((file) => file === 'compose.yaml' || file === 'override.yaml')
        .map((file) => ({ name: `${topic}/${name}`, file })),
    ),
);

test.each(recorded)('the JSON Schema says of $name/$file what rendering says', ({ name, file }) => {
  const text = readFileSync(new URL(`${name}/${file}`, DATA), 'utf8');
  const { verdict, problems } = renderVerdict(text);
  const isRefused = verdict === 'reject' && UNKNOWABLE[name] === undefined;
  const faults = schemaFaults(text);
  expect(faults.length > 0, [...faults, ...problems.map(formatProblem)].join('\n')).toBe(isRefused);
});
