import { expect, test } from 'vitest';
import { type ComposeText, parseComposeFiles } from '../../../lib/compose/compose-file.ts';
import { formatProblem, type Problem } from '../../../lib/document/problem.ts';

/** The services of compose texts as plain data, and the problems found. */
function load(texts: readonly string[], extendable: readonly ComposeText[] = []) {
  const problems: Problem[] = [];
  const files = texts.map((text, index) => ({ file: `${index + 1}.yaml`, text }));
  const { services, reader } = parseComposeFiles(files, { variables: { PORT: '9404' }, extendable, problems });
  const plain = [...services].map(([name, service]) => [name, reader.document(service, ['services', name]).value]);
  return { services: JSON.parse(JSON.stringify(Object.fromEntries(plain))), problems: problems.map(formatProblem) };
}

const merges = [
  {
    name: 'mappings deeply, appends lists and replaces the rest',
    texts: [
      'services: {a: {x: {m: {k: 1, l: 2}, list: [1], s: old}}}',
      'services: {a: {x: {m: {l: 3}, list: [2], s: new}}}',
    ],
    expected: { a: { x: { m: { k: 1, l: 3 }, list: [1, 2], s: 'new' } } },
  },
  {
    name: 'labels of either syntax',
    texts: [
      'services: {a: {labels: [job=a=b, x], deploy: {labels: {f: 1}}}}',
      'services: {a: {labels: {job: c}, deploy: {labels: [g=2]}}}',
    ],
    expected: { a: { labels: { job: 'c', x: '' }, deploy: { labels: { f: 1, g: '2' } } } },
  },
  {
    name: 'dependencies of either syntax',
    texts: ['services: {a: {depends_on: [b]}}', 'services: {a: {depends_on: {c: {condition: service_started}}}}'],
    expected: { a: { depends_on: { b: null, c: { condition: 'service_started' } } } },
  },
  {
    name: 'an empty value over a section by leaving the section',
    texts: ['services: {a: {x: {k: 1}, s: 1}}', 'services: {a: {x: , s: }}'],
    expected: { a: { x: { k: 1 }, s: null } },
  },
  {
    name: '!override and !reset',
    texts: [
      'services: {a: {list: [1], m: {k: 1}, gone: 1}, b: {}}',
      'services: {a: {list: !override [2], m: !override {l: 2}, gone: !reset null}, b: !reset null}',
    ],
    expected: { a: { list: [2], m: { l: 2 } } },
  },
  {
    name: 'anchors and merge keys, own keys first',
    texts: [
      'x-one: &one {k: 1, l: 1}\nx-two: &two {l: 2, m: 2}\nservices: {a: {x: {<<: [*one, *two], k: 0}, y: *two}}',
    ],
    expected: { a: { x: { k: 0, l: 1, m: 2 }, y: { l: 2, m: 2 } } },
  },
  {
    name: 'documents of one file',
    texts: ['services: {a: {k: 1}}\n---\nservices: {a: {l: 2}}'],
    expected: { a: { k: 1, l: 2 } },
  },
  {
    name: 'a service with the one it extends',
    texts: [
      'services: {base: {x: {k: 1}, list: [1]}, a: {extends: base, x: {l: 2}, list: [2]}, b: {extends: {service: a}}}',
    ],
    expected: {
      base: { x: { k: 1 }, list: [1] },
      a: { extends: 'base', x: { k: 1, l: 2 }, list: [1, 2] },
      b: { extends: { service: 'a' }, x: { k: 1, l: 2 }, list: [1, 2] },
    },
  },
];

test.each(merges)('merges $name', ({ texts, expected }) => {
  expect(load(texts)).toEqual({ services: expected, problems: [] });
});

test('extends a service of another file, which is not part of the project', () => {
  const common = { file: 'shared/common.yaml', text: 'services: {base: {x: 1}}' };
  const { services, problems } = load(
    ['services: {a: {extends: {file: ./shared/common.yaml, service: base}}}'],
    [common],
  );
  expect(problems).toEqual([]);
  expect(Object.keys(services)).toEqual(['a']);
  expect(services.a.x).toBe(1);
});

test('interpolates values that are read, and only those', () => {
  const problems: Problem[] = [];
  const text = 'services: {a: {port: "${PORT}", environment: {NOISE: "${NOPE} ${GONE:?}"}}}';
  const { services, reader } = parseComposeFiles([{ file: 'c.yaml', text }], { variables: { PORT: '9404' }, problems });
  expect(reader.text(services.get('a')?.entries.get('port')?.value, ['port'])).toBe('9404');
  expect(problems).toEqual([]);
});

test('keeps the place of every value through anchors, merging and extends', () => {
  const problems: Problem[] = [];
  const files = [
    { file: 'a.yaml', text: 'x-rules: &rules\n  deep: {port: 1}\nservices:\n  a:\n    x:\n      <<: *rules\n' },
    { file: 'b.yaml', text: 'services:\n  a:\n    x:\n      list:\n        - one\n' },
  ];
  const { services, reader } = parseComposeFiles(files, { variables: {}, problems });
  const service = services.get('a');
  const section = service && reader.document(service, []);
  expect(section?.place(['x', 'deep', 'port'])).toEqual({ file: 'a.yaml', line: 2, column: 16 });
  expect(section?.place(['x', 'list', 0])).toEqual({ file: 'b.yaml', line: 5, column: 11 });
  expect(section?.keyPlace(['x', 'list'])).toEqual({ file: 'b.yaml', line: 4, column: 7 });
});

const errors = [
  {
    name: 'an empty file',
    texts: [''],
    expected: [
      '1.yaml:1:1: error: expected a compose file: a mapping with services under the key services, found something else',
    ],
  },
  {
    name: 'a list of services',
    texts: ['services:\n  - a'],
    expected: [
      '1.yaml:2:3: error: services: expected a compose file: a mapping with services under the key services, found something else',
    ],
  },
  {
    name: 'every unreadable file',
    texts: ['a: [', 'services: {a: {}, a: {}}'],
    expected: [
      '1.yaml:1:5: error: Flow sequence in block collection must be sufficiently indented and end with a ]',
      '2.yaml:1:19: error: Map keys must be unique',
    ],
  },
  {
    name: 'an alias inside its anchor',
    texts: ['a: &a\n  - *a'],
    expected: ['1.yaml:2:5: error: expected a finite value, found an alias inside its own anchor'],
  },
  {
    name: 'services that extend each other',
    texts: ['services:\n  a: {extends: b}\n  b: {extends: a}'],
    expected: [
      '1.yaml:3:16: error: services.b.extends: expected no circle, found a service that extends itself',
      '1.yaml:2:16: error: services.a.extends: expected no circle, found a service that extends itself',
    ],
  },
  {
    name: 'an unknown base',
    texts: ['services:\n  a: {extends: {service: gone}}'],
    expected: ['1.yaml:2:16: error: services.a.extends: expected the name of a service in 1.yaml, found "gone"'],
  },
  {
    name: 'a file that was not given',
    texts: ['services:\n  a: {extends: {file: c.yaml, service: b}}'],
    expected: ['1.yaml:2:16: warning: services.a.extends: what c.yaml holds is not seen: give that file too'],
  },
];

test.each(errors)('reports $name', ({ texts, expected }) => {
  expect(load(texts).problems).toEqual(expected);
});

test('reports aliases that multiply', () => {
  const levels = Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} [*l${i}, *l${i}]`);
  expect(load([`l0: &l0 [1]\n${levels.join('\n')}`]).problems).toEqual([
    '1.yaml:17:11: error: expected at most 100000 values, found more; aliases of aliases multiply them',
  ]);
});

test('leaves what belongs to other tools alone', () => {
  const text = `services: {a: {secrets: [!Sub s], x-alarms: !Ref Y}}\nsecrets: {s: {x-secrets: {}}}\n? [odd]\n: key`;
  expect(load([text]).problems).toEqual([]);
});
