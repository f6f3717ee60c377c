// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of compose files.
import { expect, test } from 'vitest';
import { type ComposeText, parseComposeFiles } from '../../../../lib/compose/file/compose-file.ts';
import { formatProblem, type Problem } from '../../../../lib/document/problem.ts';

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
    texts: ['services: {a: {depends_on: [b]}}', 'services: {a: {depends_on: {c: {condition: service_healthy}}}}'],
    expected: { a: { depends_on: { b: { condition: 'service_started' }, c: { condition: 'service_healthy' } } } },
  },
  {
    name: 'an empty value by leaving what is there',
    texts: ['services: {a: {x: {k: 1}, s: 1}}', 'services: {a: {x: , s: }}'],
    expected: { a: { x: { k: 1 }, s: 1 } },
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
    name: 'the test of a health check by replacing it',
    texts: [
      'services: {b: {healthcheck: {test: [NONE]}}, a: {extends: b, healthcheck: {test: [CMD, x], retries: 1}}}',
      'services: {b: {healthcheck: {test: [CMD, y]}}, a: {healthcheck: {retries: 2}}}',
    ],
    expected: { b: { healthcheck: { test: ['CMD', 'y'] } }, a: { healthcheck: { test: ['CMD', 'x'], retries: 2 } } },
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
      a: { x: { k: 1, l: 2 }, list: [1, 2] },
      b: { x: { k: 1, l: 2 }, list: [1, 2] },
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
      '2.yaml:1:19: error: expected each key once, found "a" again',
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
      '1.yaml:3:16: error: services.b.extends: expected no circle, found a service that extends itself; remove one extends',
    ],
  },
  {
    name: 'an unknown base',
    texts: ['services:\n  a: {extends: {service: gone}}'],
    expected: [
      '1.yaml:2:16: error: services.a.extends: expected the name of a service in 1.yaml, found "gone"; correct it, or remove extends',
    ],
  },
  {
    name: 'an unknown base among others',
    texts: ['services:\n  a: {extends: {service: gone}}\n  b: {}\n  c: {}'],
    expected: [
      '1.yaml:2:16: error: services.a.extends: expected the name of a service in 1.yaml (b, c), found "gone"; correct it, or remove extends',
    ],
  },
  {
    name: 'a file that was not given',
    texts: ['services:\n  a: {extends: {file: c.yaml, service: b}}'],
    expected: ['1.yaml:2:16: warning: services.a.extends: what c.yaml holds is not seen: give that file too'],
  },
  {
    name: 'an alias that names nothing',
    texts: ['services: {a: {labels: *gone}}'],
    expected: ['1.yaml:1:24: error: alias *gone names no anchor before it'],
  },
  {
    name: 'repeated keys, and what cannot be merged, all at once',
    texts: ['services:\n  a: {k: 1, k: 2, <<: 5}\n  b: {<<: {}, <<: {}}'],
    expected: [
      '1.yaml:2:13: error: expected each key once, found "k" again',
      '1.yaml:2:23: error: expected a mapping, or a list of mappings, after <<',
      '1.yaml:3:15: error: expected each key once, found "<<" again',
    ],
  },
  {
    name: 'services that are no mappings',
    texts: ['services:\n  a: text\n  b:\n  c: [1]'],
    expected: [
      '1.yaml:2:3: error: services.a: expected the settings of a service, a mapping, found "text"',
      '1.yaml:3:3: error: services.b: expected the settings of a service, a mapping, found nothing',
      '1.yaml:4:3: error: services.c: expected the settings of a service, a mapping, found a list',
    ],
  },
  {
    name: 'a later value of another kind where it is used, and there alone',
    texts: [
      'services: {a: {x-prometheus: {m: {k: 1}}, ports: [80], build: {context: .}}}\nx-prom-emf: {k: 1}\nx-other: [1]',
      'services: {a: {x-prometheus: {m: true}, ports: {}, build: []}}\nx-prom-emf: [1]\nx-other: {}',
    ],
    expected: [
      '2.yaml:1:34: error: services.a.x-prometheus.m: expected a mapping as at 1.yaml:1:34, found true; write the same, or replace it with !override',
      '2.yaml:1:48: error: services.a.ports: expected a list as at 1.yaml:1:50, found a mapping; write the same, or replace it with !override',
      '2.yaml:2:13: error: x-prom-emf: expected a mapping as at 1.yaml:2:13, found a list; write the same, or replace it with !override',
    ],
  },
  {
    name: 'a chain of more than a hundred services',
    texts: [
      `services:\n${Array.from({ length: 101 }, (_, i) => `  s${i}: {extends: s${i + 1}}\n`).join('')}  s101: {}`,
    ],
    expected: [
      '1.yaml:101:18: error: services.s99.extends: expected a chain of at most 100 services, found more; extend the last service directly',
    ],
  },
  {
    name: 'what is included and not given',
    texts: ['include: [b.yaml, {path: [c.yaml], env_file: .env}]\nservices: {a: {}}'],
    expected: [
      '1.yaml:1:11: warning: include[0]: what b.yaml holds is not seen: give that file too',
      '1.yaml:1:19: warning: include[1]: what c.yaml holds is not seen: give that file too',
    ],
  },
  {
    name: 'includes that name no file',
    texts: ['include: [{}, []]\nservices: {a: {}}', 'include: a.yaml\nservices: {a: {}}'],
    expected: [
      '1.yaml:1:11: error: include[0]: expected the path of a file, or a mapping with path, found neither; write - FILE',
      '1.yaml:1:15: error: include[1]: expected the path of a file, or a mapping with path, found neither; write - FILE',
      '2.yaml:1:10: error: include: expected a list of files, found something else; write - FILE',
    ],
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

test('reports services that multiply what they extend', () => {
  const labels = Array.from({ length: 2000 }, (_, i) => `k${i}: 1`).join(', ');
  const services = Array.from({ length: 2000 }, (_, i) => `  s${i}: {extends: base, labels: {own: 1}}`);
  const { problems } = load([`services:\n  base: {labels: {${labels}}}\n${services.join('\n')}`]);
  expect(problems).toEqual([
    '1.yaml:1002:33: error: expected at most 2000000 values to merge, found more; services that extend one another multiply them',
  ]);
});

test('reads a file once that is included in many ways', () => {
  const levels = Array.from({ length: 40 }, (_, i) => ({
    file: `${i}.yml`,
    text: i === 39 ? 'services: {a: {ports: [80]}}' : `include: [${i + 1}.yml, ${i + 1}.yml]`,
  }));
  expect(load(['include: [0.yml, 0.yml]'], levels)).toEqual({ services: { a: { ports: [80] } }, problems: [] });
});

test.each([
  ['a circle', 3, 'expected no circle, found a file that includes itself; remove one include'],
  [
    'a chain of more than a hundred files',
    200,
    'expected includes at most 100 deep, found more; include the last files from the first',
  ],
])('reports includes that make %s', (_, length, expected) => {
  const files = Array.from({ length }, (_, i) => ({ file: `${i}.yml`, text: `include: [${(i + 1) % length}.yml]` }));
  const { problems } = load(['include: [0.yml]'], files);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(`1:11: error: include[0]: ${expected}`);
});

test('warns of a file that includes variables of its own', () => {
  const { services, problems } = load(
    ['include: [{path: b.yaml, env_file: b.env}]'],
    [{ file: 'b.yaml', text: 'services: {b: {}}' }],
  );
  expect(Object.keys(services)).toEqual(['b']);
  expect(problems).toEqual([
    '1.yaml:1:11: warning: include[0]: variables of env_file are not read; set them where this is rendered',
  ]);
});

test('keeps the places of included and of extended values', () => {
  const problems: Problem[] = [];
  const files = [{ file: 'c/a.yaml', text: 'include: [b.yaml]\nservices: {a: {extends: b, x: {own: 1}}}' }];
  const extendable = [{ file: 'c/b.yaml', text: '\nservices: {b: {x: {k: 1}}}' }];
  const { services, reader } = parseComposeFiles(files, { variables: {}, extendable, problems });
  const service = services.get('a');
  const section = service && reader.document(service, []);
  expect(section?.place(['x', 'k'])).toEqual({ file: 'c/b.yaml', line: 2, column: 23 });
  expect(section?.place(['x', 'own'])).toEqual({ file: 'c/a.yaml', line: 2, column: 37 });
});

test('merges top-level sections of all files', () => {
  const problems: Problem[] = [];
  const texts = [
    'x-prom-emf: {a: {k: 1, l: [1]}, b: 1}',
    'x-prom-emf: {a: {k: !reset null, l: [1, 2]}}\nx-gone: 1',
    'x-gone: !reset 1',
  ];
  const files = texts.map((text, index) => ({ file: `${index}.yaml`, text }));
  const { extensions, reader } = parseComposeFiles(files, { variables: {}, problems });
  const section = extensions.get('x-prom-emf');
  const document = section && reader.document(section.value, ['x-prom-emf']);
  expect(document?.value).toEqual({ a: { l: [1, 2] }, b: 1 });
  expect(document?.place(['a', 'l', 1])).toEqual({ file: '1.yaml', line: 1, column: 41 });
  expect([...extensions.keys()]).toEqual(['x-prom-emf']);
});

const projects = [
  { name: 'of the last file', texts: ['name: one', 'name: two\n---\nx-a: 1'], expected: 'two' },
  { name: 'interpolated', texts: ['name: app-${PORT}'], expected: 'app-9404' },
  { name: 'in the form that compose-go gives it', texts: ['name: "_-My App.2"'], expected: 'myapp2' },
  { name: 'that is empty as none', texts: ['name: ""'], expected: undefined },
];

test.each(projects)('reads a project name $name', ({ texts, expected }) => {
  const files = texts.map((text, index) => ({ file: `${index}.yaml`, text }));
  expect(parseComposeFiles(files, { variables: { PORT: '9404' }, problems: [] }).project).toBe(expected);
});

test.each([
  [{}, 'demo'],
  [{ COMPOSE_PROJECT_NAME: 'set' }, 'set'],
])('gives COMPOSE_PROJECT_NAME the name unless it is set: %j', (variables, expected) => {
  const files = [{ file: 'a.yaml', text: 'name: demo\nx-a: ${COMPOSE_PROJECT_NAME}' }];
  const { extensions, reader } = parseComposeFiles(files, { variables, problems: [] });
  expect(reader.text(extensions.get('x-a')?.value, ['x-a'])).toBe(expected);
});

const profiles = [
  { active: undefined, expected: ['none', 'dev', 'both', 'empty'] },
  { active: [], expected: ['none', 'empty'] },
  { active: ['prod'], expected: ['none', 'both', 'empty'] },
  { active: ['*'], expected: ['none', 'dev', 'both', 'empty'] },
  { active: ['other'], expected: ['none', 'empty'] },
];

test.each(profiles)('keeps the services of the profiles $active', ({ active, expected }) => {
  const text = 'services: {none: {}, dev: {profiles: [dev]}, both: {profiles: [dev, prod]}, empty: {profiles: []}}';
  const settings = { variables: {}, problems: [], ...(active && { profiles: active }) };
  expect([...parseComposeFiles([{ file: 'a.yaml', text }], settings).services.keys()]).toEqual(expected);
});

test('leaves what belongs to other tools alone', () => {
  const text = `services: {a: {secrets: [!Sub s], x-alarms: !Ref Y}}\nsecrets: {s: {x-secrets: {}}}\n? [odd]\n: key`;
  expect(load([text]).problems).toEqual([]);
});
