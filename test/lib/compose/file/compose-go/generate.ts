// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of compose files.

/** A project as the oracle and the replay read it. */
export type GeneratedProject = {
  readonly files: readonly { readonly file: string; readonly text: string }[];
  readonly extendable: readonly { readonly file: string; readonly text: string }[];
  readonly environment: Readonly<Record<string, string>>;
  readonly profiles: readonly string[] | null;
};

const ENVIRONMENT = { SET: 'value', EMPTY: '', PORT: '8080', PAIR: 'job=a=b', NAME: 'b', TRUE: 'true', DOLLAR: 'a$b' };

const SCALARS = [
  ...['text', '"quoted # text"', "'single'", '5', '5.0', '1.10', '014', '0x1F', '1_000', '1e3', '1e21', '-7', '08'],
  ...['true', 'False', 'yes', '~', 'null', '""', '22:22', '18446744073709551616', '"$$literal"', '"^a$"', '"a$1b"'],
  ...[
    '"${SET}"',
    '"$SET-x"',
    '"${EMPTY:-d}"',
    '"${EMPTY-d}"',
    '"${GONE-d}"',
    '"${GONE:-${ALSO:-$PORT}}"',
    '"${SET:+x$PORT}"',
  ],
  ...[
    '"${EMPTY:+x}"',
    '"${GONE+x}y"',
    '"${SET:?no}"',
    '"${EMPTY?no}"',
    '"${GONE:-a{2}}"',
    '"${GONE:-{x}}b"',
    '"${DOLLAR}"',
  ],
  ...[
    '"${GONE:-$$x}"',
    '"${SET}${PORT}-${GONE:-z}"',
    '"${GONE:-a:-b}"',
    '"${GONE-b?c}"',
    '"${SET:-${GONE:?x}}"',
    '"$$$SET"',
  ],
];
const ERRORS = ['"${GONE:?gone}"', '"${GONE?}"', '"${EMPTY:?e $SET}"', '"${GONE:-${GONE:?deep}}"'];
const PORTS = [
  ...['80', '8080', '"80"', '"8080:80"', '"8080:80/udp"', '"80/UDP"', '"127.0.0.1:8080:80"', '"127.0.0.1::80"'],
  ...[
    '"[::1]:8080:80"',
    '"[2001:db8::1]::80"',
    '"3000-3002"',
    '"3000-3002:80-82"',
    '"9000-9002:90"',
    '"127.0.0.1:4000-4001:40-41/udp"',
  ],
  ...[
    '"${PORT}:80"',
    '"${PORT}"',
    '{target: 80}',
    '{target: 80, published: "8080"}',
    '{target: 80, published: 8080}',
    '{target: "${PORT}"}',
  ],
  ...[
    '{target: 80, published: "8080-8082", protocol: udp}',
    '{target: 80, host_ip: 127.0.0.1, published: "8080", mode: host}',
  ],
  ...['{target: 9404, protocol: tcp, x-note: 1}', '{name: web, target: 80, app_protocol: http}', '"7/sctp"'],
];
const EXPOSE = ['80', '"80"', '"3000-3002"', '"53/udp"', '"80/tcp"', '8080', '"${PORT}"'];
const LABEL_NAMES = ['job', 'container_name', 'a.b', '"q k"', 'ecs.task.family'];
const LABEL_ITEMS = [
  'job',
  'job=x',
  'a.b=1',
  '"job=${SET}"',
  '"${PAIR}"',
  '"${NAME}=n"',
  '"a=b=c"',
  '"e="',
  '"d=$$x"',
  '"${GONE:-w=v}"',
];
const SERVICES = ['a', 'b', 'c-d', 'e_f'];
const PROFILES = ['dev', 'prod', '"${SET}"'];
const RULES = [
  '{ExporterPort: 80, s: [x, y]}',
  '{ExporterPort: "${PORT}"}',
  '{ExporterPort: "8080"}',
  '{s: [y, x], ExporterPort: 80}',
  '{t: {}}',
];

/** A random number below 1 from a seed, the same on every machine (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The project of a seed: one to three files with what people write, some of it wrong. */
export function generateProject(seed: number): GeneratedProject {
  const random = createRandom(seed);
  const chance = (share: number) => random() < share;
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = (options: readonly string[]) => options[below(options.length)] ?? '';
  const some = (most: number, make: () => string) => Array.from({ length: below(most + 1) }, make);
  const list = (most: number, make: () => string) => `[${some(most, make).join(', ')}]`;
  const mapping = (pairs: readonly (readonly [string, string])[]) =>
    `{${[...new Map(pairs)].map(([key, value]) => `${key}: ${value}`).join(', ')}}`;
  const scalar = () => pick(chance(0.01) ? ERRORS : SCALARS);
  const labels = () =>
    chance(0.5)
      ? mapping(some(3, () => '').map(() => [pick(LABEL_NAMES), scalar()] as const))
      : `[${[...new Set(some(3, () => pick(LABEL_ITEMS)))].join(', ')}]`;
  const ports = () => list(3, () => pick(PORTS));
  const dependsOn = () =>
    chance(0.5)
      ? `[${[...new Set(some(2, () => pick([...SERVICES, '"${NAME}"'])))].join(', ')}]`
      : mapping(
          some(2, () => pick(SERVICES)).map(
            (name) =>
              [name, pick(['{condition: service_healthy}', '{required: false, condition: service_started}'])] as const,
          ),
        );
  const rules = () => list(3, () => pick(RULES));
  const section = (): string =>
    mapping(
      some(4, () => pick(['k', 'l', 'm', 'rules', 'deep'])).map((key) => [
        key,
        key === 'rules'
          ? rules()
          : key === 'deep'
            ? mapping([
                [pick(['p', 'q']), scalar()],
                ['r', rules()],
              ])
            : scalar(),
      ]),
    );
  const makers: Readonly<Record<string, () => string>> = {
    labels,
    ports,
    expose: () => list(3, () => pick(EXPOSE)),
    depends_on: dependsOn,
    deploy: () => mapping([['labels', labels()]]),
    profiles: () => `[${[...new Set(some(2, () => pick(PROFILES)))].join(', ')}]`,
    container_name: () => pick(['one', '"${SET}"', '"c-${NAME}"']),
    image: () => pick(['"i:${TAG:-1}"', 'i', '"${GONE}"']),
    network_mode: () => pick(['host', 'bridge']),
    'x-prometheus': section,
    'x-prom-emf': section,
  };
  const keys = Object.keys(makers);
  const tag = (value: string, isLater: boolean) => {
    if (isLater && chance(0.08)) return '!reset null';
    return chance(isLater ? 0.1 : 0.01) ? `!override ${value}` : value;
  };
  const extended = (names: readonly string[], other: readonly string[]) => {
    const service = pick(names.length === 0 || chance(0.05) ? SERVICES : names);
    const isOther = other.length > 0 && (names.length === 0 || chance(0.5));
    if (!isOther && chance(0.4)) return service;
    return isOther ? `{file: ${pick(other)}, service: ${pick(SERVICES)}}` : `{service: ${service}}`;
  };
  const service = (
    isLater: boolean,
    anchors: readonly string[],
    names: readonly string[],
    other: readonly string[],
  ) => {
    if (chance(isLater ? 0.03 : 0.002)) return isLater ? pick(['!reset null', 'null', '']) : 'null';
    const entries = some(6, () => pick(keys)).map((key): [string, string] => {
      const alias = anchors.includes(key) && chance(0.3);
      return [key, alias ? `*${key}` : chance(isLater ? 0.03 : 0.002) ? 'null' : tag(makers[key]?.() ?? '', isLater)];
    });
    if (names.length + other.length > 0 && chance(0.25)) entries.push(['extends', extended(names, other)]);
    if (anchors.includes('s') && chance(0.3)) entries.push(['<<', pick(['*s', '[*s, *t]', '[*t, *s]'])]);
    return mapping(entries);
  };
  const body = () => mapping(some(4, () => pick(keys)).map((key) => [key, makers[key]?.() ?? '']));
  const document = (isLater: boolean, other: readonly string[], includes: readonly string[]) => {
    const lines: string[] = [];
    const anchors = chance(0.5) ? ['labels', 'ports', 'x-prometheus', 's'] : [];
    if (chance(0.15)) lines.push(`name: ${pick(['demo', '"My App!"', '"${SET}"', '"p-${PORT}"', '""'])}`);
    if (anchors.length > 0) {
      lines.push(
        `x-anchors-${Math.floor(random() * 1e9)}:`,
        `  labels: &labels ${labels()}`,
        `  ports: &ports ${ports()}`,
      );
      lines.push(`  section: &x-prometheus ${section()}`, `  s: &s ${body()}`, `  t: &t ${body()}`);
    }
    if (chance(0.2)) lines.push(`x-prom-emf: ${tag(section(), isLater)}`);
    if (includes.length > 0 && chance(0.5))
      lines.push(`include: [${pick([pick(includes), `{path: ${pick(includes)}}`])}]`);
    const isOverride = isLater && chance(0.03);
    // Inside !override compose-go takes !reset for a text.
    lines.push(isOverride ? 'services: !override' : 'services:');
    const names = [...new Set([pick(SERVICES), ...some(3, () => pick(SERVICES))])];
    for (const [index, name] of names.entries()) {
      const before = chance(0.02) ? names : names.slice(0, index);
      lines.push(`  ${name}: ${service(isLater && !isOverride, anchors, before, other)}`);
    }
    return `${lines.join('\n')}\n`;
  };
  const extra = chance(0.4) ? [{ file: 'base/common.yaml', text: document(false, ['../base/common.yaml'], []) }] : [];
  const part = chance(0.15)
    ? [{ file: 'part.yaml', text: document(false, ['base/common.yaml'].slice(0, extra.length), []) }]
    : [];
  const other = extra.map(({ file }) => file);
  const files = Array.from({ length: 1 + below(3) }, (_, index) => {
    const includes = part.map(({ file }) => file);
    const documents = Array.from({ length: chance(0.1) ? 2 : 1 }, (_, at) => document(index + at > 0, other, includes));
    return { file: `${index + 1}.yaml`, text: documents.join('---\n') };
  });
  const profiles = chance(0.25) ? some(2, () => pick(['dev', 'prod', 'value', '*'])) : null;
  return { files, extendable: [...extra, ...part], environment: ENVIRONMENT, profiles };
}
