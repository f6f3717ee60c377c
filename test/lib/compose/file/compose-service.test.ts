// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of compose files.
import { expect, test } from 'vitest';
import { parseComposeFiles } from '../../../../lib/compose/file/compose-file.ts';
import { readMember, readService } from '../../../../lib/compose/file/compose-service.ts';
import { formatProblem, type Problem } from '../../../../lib/document/problem.ts';

/** The service `a` with these keys, written in flow style, and the problems found. */
function read(keys: string) {
  const problems: Problem[] = [];
  const files = [{ file: 'c.yaml', text: `services:\n  a: {${keys}}` }];
  const { services, reader } = parseComposeFiles(files, { variables: { PORT: '9404', JOB: 'x' }, problems });
  const definition = services.get('a');
  if (definition === undefined) throw new Error('no service');
  const service = readService(readMember('a', definition, reader), definition, reader);
  return { service, problems: problems.map(formatProblem) };
}

const ports = [
  { name: 'a number', written: '80', expected: { first: 80, last: 80, protocol: 'tcp' } },
  {
    name: 'a published one',
    written: '"8080:80/UDP"',
    expected: { first: 80, last: 80, protocol: 'udp', published: '8080' },
  },
  { name: 'a range', written: '"3000-3002"', expected: { first: 3000, last: 3002, protocol: 'tcp' } },
  {
    name: 'a range of the host for one port',
    written: '"90-95:80"',
    expected: { first: 80, last: 80, protocol: 'tcp', published: '90-95' },
  },
  {
    name: 'an address',
    written: '"127.0.0.1:8080-8081:80-81"',
    expected: { first: 80, last: 81, protocol: 'tcp', published: '8080-8081', hostIp: '127.0.0.1' },
  },
  {
    name: 'an IPv6 address',
    written: '"[::1]::53/udp"',
    expected: { first: 53, last: 53, protocol: 'udp', hostIp: '::1' },
  },
  { name: 'variables', written: '"${PORT}:80"', expected: { first: 80, last: 80, protocol: 'tcp', published: '9404' } },
  {
    name: 'the long syntax',
    written: '{target: "${PORT}", published: 80, host_ip: 10.0.0.1, protocol: sctp}',
    expected: { first: 9404, last: 9404, protocol: 'sctp', published: '80', hostIp: '10.0.0.1' },
  },
];

test.each(ports)('reads a port with $name', ({ written, expected }) => {
  const { service, problems } = read(`ports: [${written}]`);
  expect(service.ports).toEqual([{ ...expected, place: { file: 'c.yaml', line: 2, column: 15 } }]);
  expect(problems).toEqual([]);
});

test.each(['http', '70000', '90-80', '80-82:90-91', '80/icmp', '8080:', '[::1]'])('warns of the port %s', (written) => {
  const { service, problems } = read(`ports: ["${written}", 81]`);
  expect(service.ports).toHaveLength(1);
  expect(problems).toEqual([
    `c.yaml:2:15: warning: services.a.ports[0]: expected a port such as 8080, 80:8080/tcp or {target: 8080}, found "${written}", which is left out`,
  ]);
});

test('gives a port once, and TCP ports as ranges', () => {
  const { service } = read(
    'ports: ["80:80", {target: 80, published: "80"}, 81/udp, 82-83], expose: [80, "84-85", 86/udp]',
  );
  expect(service.ports.map(({ first }) => first)).toEqual([80, 81, 82]);
  expect(service.mappedPorts).toEqual([
    [80, 80],
    [82, 83],
  ]);
  expect(service.exposedPorts).toEqual([
    [80, 80],
    [84, 85],
  ]);
});

test('gives docker labels as texts with their places', () => {
  const { service, problems } = read(
    'labels: {job: "${JOB}", n: 1_0, b: true, e: , u: "${GONE}", r: "${GONE:?}", x: !reset 1}',
  );
  const values = [...service.dockerLabels].map(([name, { value }]) => [name, value]);
  expect(Object.fromEntries(values)).toEqual({ job: 'x', n: '10', b: 'true', e: '', u: '', r: '' });
  expect(service.dockerLabels.get('job')?.place).toEqual({ file: 'c.yaml', line: 2, column: 21 });
  expect(problems).toEqual([]);
});

test('reports a variable that the name of a container lacks', () => {
  const { service, problems } = read('container_name: "${GONE}", labels: ["container_name=${GONE:?say}"]');
  expect(service.containerNameLabel?.value).toBe('');
  expect(problems.map((problem) => problem.slice(0, 60))).toEqual(
    [
      'c.yaml:2:23: warning: services.a.container_name: the variable',
      'c.yaml:2:43: error: services.a.labels.container_name: expect',
    ].map((problem) => problem.slice(0, 60)),
  );
});

test('reads the rest that rendering asks for', () => {
  const { service } = read(
    'image: "i:${JOB}", network_mode: host, profiles: [dev, dev], depends_on: {b: {condition: service_healthy}, c: {}}, deploy: {labels: {ecs.task.family: "f, g,f"}}',
  );
  expect(service).toMatchObject({
    image: 'i:x',
    networkMode: 'host',
    profiles: ['dev'],
    families: ['f', 'g'],
    dependsOn: ['b', 'c'],
  });
  expect([...service.dependsOnConditions]).toEqual([
    ['b', 'service_healthy'],
    ['c', 'service_started'],
  ]);
});

test.each([
  ['deploy: {labels: [ecs.depends.condition=SUCCESS]}', 'SUCCESS'],
  ['deploy: {labels: {ecs.depends.condition: SUCCESS}}, healthcheck: {test: [CMD, "true"]}', 'HEALTHY'],
  ['image: i', undefined],
])('reads what dependents wait for: %s', (keys, expected) => {
  expect(read(keys).service.startCondition).toBe(expected);
});

test('warns of labels that are in another file', () => {
  expect(read('label_file: a.env').problems).toEqual([
    'c.yaml:2:19: warning: services.a.label_file: labels of a label_file are not read; write under labels what discovery shall see',
  ]);
});
