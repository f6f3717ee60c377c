import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What may import what: the table of docs/architecture.md. A cycle is a file of lib itself. */
type Part =
  | 'entry'
  | 'rules'
  | 'cycle'
  | 'ports'
  | 'explain'
  | 'io'
  | 'compose'
  | 'cloudwatch'
  | 'ecs'
  | 'prometheus'
  | 'document';

type Allowed = { readonly values: readonly Part[]; readonly types?: readonly Part[] };

const DOMAINS = ['prometheus', 'ecs', 'cloudwatch', 'compose'] as const;

/** Beside its own part, and beside document, which everyone may import. */
const TABLE: Readonly<Record<Part, Allowed>> = {
  entry: { values: ['cycle', 'ports', 'explain', 'io', 'rules'] },
  rules: { values: [] },
  cycle: { values: [...DOMAINS, 'explain', 'ports'] },
  ports: { values: [], types: [...DOMAINS, 'cycle'] },
  explain: { values: DOMAINS },
  io: { values: [], types: ['ports', 'cycle', ...DOMAINS] },
  compose: { values: ['cloudwatch', 'ecs', 'prometheus'] },
  cloudwatch: { values: ['prometheus'], types: ['ecs'] },
  ecs: { values: ['prometheus'] },
  prometheus: { values: [] },
  document: { values: [] },
};

/** The folders of lib/compose: each may import itself and those before it that are named. */
const COMPOSE: Readonly<Record<string, readonly string[]>> = {
  file: [],
  extensions: ['file'],
  family: ['file', 'extensions'],
  documents: ['file', 'extensions', 'family'],
  task: ['file', 'extensions', 'family'],
  lint: ['file', 'extensions', 'family', 'documents', 'task'],
};

/** The outside world: only lib/io, functions and cli have it. Hashes, bytes and paths are plain computation. */
const OUTSIDE =
  /^(@aws-sdk\/|@smithy\/|@middy\/|node:(?!(crypto|buffer|path)$)|(fs|net|http|https|dns|process|os|tls)(\/|$))/;

/** What a domain must be given instead: time, environment, chance, sockets. */
const IMPURE =
  /\bprocess\.|\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|(?<![.\w])fetch\(/g;

const PURE: readonly Part[] = [...DOMAINS, 'document', 'explain'];

type Source = { readonly path: string; readonly text: string };
type Import = { readonly from: string; readonly typeOnly: boolean };

function partOf(path: string): Part | undefined {
  const [top = '', second = '', third] = path.split('/');
  if (top === 'functions' || top === 'cli') return 'entry';
  if (top === 'rules') return 'rules';
  if (top !== 'lib') return undefined;
  if (third === undefined) return second === 'ports.ts' ? 'ports' : 'cycle';
  return Object.keys(TABLE).find((part): part is Part => part === second);
}

/** Comments name what code must not do. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

/** Static imports, re-exports, bare imports and dynamic ones. */
function importsOf(text: string): Import[] {
  const clauses = /^\s*(?:import|export)\s+(type\s+)?([^'"`;=()]*)from\s*['"]([^'"]+)['"]/gm;
  const found = [...text.matchAll(clauses)].map(([, type, names = '', from = '']) => ({
    from,
    typeOnly: type !== undefined || onlyTypes(names),
  }));
  const bare = [...text.matchAll(/^\s*import\s*['"]([^'"]+)['"]|\b(?:import|require)\(\s*['"]([^'"]+)['"]/gm)];
  return [...found, ...bare.map(([, from, dynamic]) => ({ from: from ?? dynamic ?? '', typeOnly: false }))];
}

/** `{ type A, type B }` brings no values. */
function onlyTypes(names: string): boolean {
  const braces = /^\s*\{([^}]*)\}\s*$/.exec(names)?.[1];
  const listed = (braces ?? '').split(',').filter((name) => name.trim() !== '');
  return listed.length > 0 && listed.every((name) => /^\s*type\s/.test(name));
}

function faultsOf({ path, text: written }: Source): string[] {
  const part = partOf(path);
  if (part === undefined) return [`${path} belongs to no part of the table`];
  const text = withoutComments(written);
  const faults = importsOf(text).flatMap((found) => importFaults(path, part, found));
  if (!PURE.includes(part)) return faults;
  return [...faults, ...[...text.matchAll(IMPURE)].map(([found]) => `${path} touches ${found}`)];
}

function importFaults(path: string, part: Part, { from, typeOnly }: Import): string[] {
  if (!from.startsWith('.')) {
    const outside = OUTSIDE.test(from) && !typeOnly && part !== 'io' && part !== 'entry';
    return outside ? [`${path} imports ${from}, which only lib/io, functions and cli may`] : [];
  }
  const target = join(dirname(path), from);
  const other = partOf(target);
  if (other === undefined) return [`${path} imports ${target}, which belongs to no part of the table`];
  if (part === 'compose' && other === part) return composeFaults(path, target);
  if (other === part || other === 'document') return [];
  const { values, types = [] } = TABLE[part];
  if (values.includes(other)) return [];
  if (!types.includes(other)) return [`${path} (${part}) imports ${target} (${other})`];
  return typeOnly ? [] : [`${path} (${part}) imports values of ${target} (${other}), allowed are types`];
}

/** Types count as values here: the folders are one domain, read from the first to the last. */
function composeFaults(path: string, target: string): string[] {
  const [from = '', to = ''] = [path, target].map((file) => file.split('/')[2]);
  return from === to || COMPOSE[from]?.includes(to) ? [] : [`${path} (compose/${from}) imports ${target}`];
}

function sourcesIn(folder: string): Source[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(ROOT, file), text: readFileSync(file, 'utf8') }));
}

const sources = ['functions', 'cli', 'lib'].flatMap(sourcesIn);

describe('the architecture', () => {
  it.each(sources)('allows what $path imports and touches', (source) => {
    expect(faultsOf(source)).toEqual([]);
  });

  it('is read from all parts', () => {
    const found = new Set(sources.map(({ path }) => partOf(path)));
    expect(DOMAINS.filter((part) => !found.has(part))).toEqual([]);
    expect(sources.flatMap(({ text }) => importsOf(withoutComments(text))).length).toBeGreaterThan(100);
  });
});

describe('the checker', () => {
  const allowed: Source = {
    path: 'lib/io/made-up.ts',
    text: `
      import { readFile } from 'node:fs/promises';
      import { printable } from '../document/problem.ts';
      import type { StateStore } from '../ports.ts';
      import { type Labels, type METRIC_NAME } from '../prometheus/labels.ts';
      import { addressGuard } from './address-guard.ts';
      export const now = () => Date.now();
    `,
  };
  const broken: Source = {
    path: 'lib/prometheus/made-up.ts',
    text: `
      import { createHash } from 'node:crypto';
      import { readFile } from 'node:fs/promises';
      import { S3Client } from '@aws-sdk/client-s3';
      import type { Emission } from '../cloudwatch/emf.ts';
      import {
        type AddressGuard,
        addressGuard,
      } from '../io/address-guard.ts';
      export { runScrape } from '../scrape.ts';
      export * from '../ecs/task.ts';
      // Date.now() in a comment is no call.
      export const now = (date = new Date()) => Date.now() + Math.random() + Number(process.env.X);
      export const at = (text: string) => new Date(text);
      const lazy = () => import('../compose/family.ts');
      setTimeout(() => fetch('http://x'), 1);
    `,
  };

  it('passes a file that keeps the rules', () => {
    expect(faultsOf(allowed)).toEqual([]);
  });

  it('names every rule that a file breaks', () => {
    expect(faultsOf(broken)).toEqual([
      'lib/prometheus/made-up.ts imports node:fs/promises, which only lib/io, functions and cli may',
      'lib/prometheus/made-up.ts imports @aws-sdk/client-s3, which only lib/io, functions and cli may',
      'lib/prometheus/made-up.ts (prometheus) imports lib/cloudwatch/emf.ts (cloudwatch)',
      'lib/prometheus/made-up.ts (prometheus) imports lib/io/address-guard.ts (io)',
      'lib/prometheus/made-up.ts (prometheus) imports lib/scrape.ts (cycle)',
      'lib/prometheus/made-up.ts (prometheus) imports lib/ecs/task.ts (ecs)',
      'lib/prometheus/made-up.ts (prometheus) imports lib/compose/family.ts (compose)',
      'lib/prometheus/made-up.ts touches new Date()',
      'lib/prometheus/made-up.ts touches Date.now',
      'lib/prometheus/made-up.ts touches Math.random',
      'lib/prometheus/made-up.ts touches process.',
      'lib/prometheus/made-up.ts touches setTimeout',
      'lib/prometheus/made-up.ts touches fetch(',
    ]);
  });

  const rows: readonly { path: string; statement: string; expected: readonly string[] }[] = [
    {
      path: 'lib/scrape.ts',
      statement: "import { x } from './io/http.ts';",
      expected: ['lib/scrape.ts (cycle) imports lib/io/http.ts (io)'],
    },
    { path: 'lib/scrape.ts', statement: "import { x } from './discover.ts';", expected: [] },
    {
      path: 'lib/compose/file/a.ts',
      statement: "import type { Family } from '../family/family.ts';",
      expected: ['lib/compose/file/a.ts (compose/file) imports lib/compose/family/family.ts'],
    },
    { path: 'lib/compose/lint/a.ts', statement: "import { x } from '../family/family.ts';", expected: [] },
    {
      path: 'lib/io/a.ts',
      statement: "import { x } from '../ports.ts';",
      expected: ['lib/io/a.ts (io) imports values of lib/ports.ts (ports), allowed are types'],
    },
    {
      path: 'lib/io/a.ts',
      statement: "import type { x } from '../explain/report.ts';",
      expected: ['lib/io/a.ts (io) imports lib/explain/report.ts (explain)'],
    },
    { path: 'lib/cloudwatch/a.ts', statement: "import type { x } from '../ecs/task.ts';", expected: [] },
    {
      path: 'lib/cloudwatch/a.ts',
      statement: "import { type x, y } from '../ecs/task.ts';",
      expected: ['lib/cloudwatch/a.ts (cloudwatch) imports values of lib/ecs/task.ts (ecs), allowed are types'],
    },
    {
      path: 'lib/ecs/a.ts',
      statement: "import type { x } from '../cloudwatch/emf.ts';",
      expected: ['lib/ecs/a.ts (ecs) imports lib/cloudwatch/emf.ts (cloudwatch)'],
    },
    {
      path: 'lib/document/a.ts',
      statement: "import type { x } from '../prometheus/labels.ts';",
      expected: ['lib/document/a.ts (document) imports lib/prometheus/labels.ts (prometheus)'],
    },
    {
      path: 'functions/a.ts',
      statement: "import { x } from '../lib/prometheus/labels.ts';",
      expected: ['functions/a.ts (entry) imports lib/prometheus/labels.ts (prometheus)'],
    },
    { path: 'cli/a.ts', statement: "import rules from '../rules/nginx.json' with { type: 'json' };", expected: [] },
    { path: 'lib/other/a.ts', statement: '', expected: ['lib/other/a.ts belongs to no part of the table'] },
    {
      path: 'lib/explain/a.ts',
      statement: "import 'node:net';",
      expected: ['lib/explain/a.ts imports node:net, which only lib/io, functions and cli may'],
    },
  ];
  it.each(rows)('judges $statement in $path', ({ path, statement, expected }) => {
    expect(faultsOf({ path, text: statement })).toEqual(expected);
  });
});
