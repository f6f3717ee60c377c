import type { Tables } from './cost/document.ts';
import { countText, markdownTable } from './cost/table.ts';
import type { Figure, Group, Measurement } from './measurement.ts';

const OURS = 'prom-emf';
const APART = `${OURS}, 1 s apart`;
const NOT_MEASURED = 'Not measured.\n';

/** The tables of docs/performance.md by their marks. */
export function performanceTables(measurements: readonly Measurement[]): Tables {
  const tableOf = (group: Group, table: (measurement: Measurement) => string) => {
    const found = measurements.find((each) => each.group === group);
    return found === undefined ? NOT_MEASURED : table(found);
  };
  return {
    machine: machineTable(measurements),
    peers: peersTable(measurements),
    http: tableOf('http', httpTable),
    idle: tableOf('http', idleTable),
    memory: tableOf('memory', memoryTable),
    cold: tableOf('cold', coldTable),
    samples: tableOf('growth', (growth) => growthTable(growth, 'samples', ['cpu a sample', 'cpu', 'first', 'rss'])),
    declarations: tableOf('growth', (growth) => growthTable(growth, 'declarations', ['cpu', 'first'])),
    targets: tableOf('growth', (growth) => growthTable(growth, 'targets', ['cpu a target', 'cpu', 'first', 'rss'])),
    counters: tableOf('growth', (growth) =>
      growthTable(growth, 'counters', ['advance', 'encode', 'decode', 'state', 'forgotten', 'rss']),
    ),
    answers: tableOf('growth', (growth) => growthTable(growth, 'answers', ['cpu', 'first', 'rss'], (answer) => answer)),
  };
}

/** The tables of the groups that were measured, for a terminal. */
export function renderTables(measurements: readonly Measurement[]): string {
  const parts = Object.entries(performanceTables(measurements)).filter(([, table]) => table !== NOT_MEASURED);
  return parts.map(([name, table]) => `${name}\n${table}`).join('\n');
}

function machineTable(measurements: readonly Measurement[]): string {
  const rows = measurements.map(({ group, date, node, cpu, cores, pinned, quick }) => [
    group,
    date,
    node,
    cpu,
    String(cores),
    pinned ? 'yes' : 'no',
    quick ? 'yes' : 'no',
  ]);
  return markdownTable(['group', 'day', 'Node', 'CPU', 'cores', 'pinned', 'quick'], rows, { left: 7 });
}

function peersTable(measurements: readonly Measurement[]): string {
  const versions = new Map(measurements.flatMap(({ peers }) => Object.entries(peers)));
  if (versions.size === 0) return NOT_MEASURED;
  return markdownTable(['peer', 'version'], [...versions], { left: 2 });
}

function httpTable(measurement: Measurement): string {
  const rows = subjectsOf(measurement).map((subject) => {
    const cell = cellsOf(measurement, subject);
    return [
      subject,
      cell.median(OURS, 'values'),
      cell.range(OURS, 'cpu'),
      cell.range(APART, 'cpu'),
      cell.range('collector', 'cpu'),
      cell.ratio(OURS, 'collector'),
      cell.ratio(APART, 'collector'),
      cell.range(OURS, 'first'),
      cell.median(OURS, 'rss'),
      cell.median('collector', 'rss'),
    ];
  });
  const head = [
    'CPU ms of a scrape, peak RSS MB',
    'values',
    OURS,
    'its rounds 1 s apart',
    'collector',
    'times',
    'times, 1 s apart',
    'first scrape',
    'RSS',
    'RSS, collector',
  ];
  return markdownTable(head, rows);
}

/** What is told of ours or of the collector alone. */
function idleTable(measurement: Measurement): string {
  const rows = subjectsOf(measurement).map((subject) => {
    const cell = cellsOf(measurement, subject);
    return [subject, cell.range(OURS, 'wall'), cell.range(OURS, 'allocated'), cell.range('collector', 'idle')];
  });
  const head = ['', `${OURS}, wall ms`, `${OURS}, MB allocated`, 'collector between scrapes, CPU ms a second'];
  return markdownTable(head, rows);
}

function memoryTable(measurement: Measurement): string {
  const { figures } = measurement;
  const peers = [...new Set(figures.map(({ by }) => by))].filter((by) => by !== OURS);
  const rows = subjectsOf(measurement).map((subject) => {
    const cell = cellsOf(measurement, subject);
    const beside = peers.map((peer) => `${cell.range(peer, 'cpu')}, x ${cell.ratio(OURS, peer)}`);
    return [subject, cell.range(OURS, 'cpu'), cell.range(OURS, 'first'), ...beside];
  });
  return markdownTable(['CPU ms', OURS, 'first', ...peers], rows);
}

function coldTable(measurement: Measurement): string {
  const rows = measurement.figures.map((figure) => [figure.subject, rangeText(figure), countText(figure.of)]);
  const [bare, loaded] = ['node', 'node and handler'].map((subject) =>
    measurement.figures.find((figure) => figure.subject === subject),
  );
  if (bare !== undefined && loaded !== undefined)
    rows.push(['the handler above node', numberText(loaded.median - bare.median), '']);
  return markdownTable(['CPU ms', 'median (range)', 'processes'], rows);
}

function growthTable(
  measurement: Measurement,
  kind: string,
  whats: readonly string[],
  sizeText = (size: string) => countText(Number(size)),
): string {
  const subjects = subjectsOf(measurement).filter((subject) => subject.startsWith(`${kind} `));
  const rows = subjects.map((subject) => {
    const cell = cellsOf(measurement, subject);
    return [sizeText(subject.slice(kind.length + 1)), ...whats.map((what) => cell.range(OURS, what))];
  });
  const unitOf = (what: string) => measurement.figures.find((figure) => figure.what === what)?.unit;
  return markdownTable([kind, ...whats.map((what) => titleOf(what, unitOf(what)))], rows);
}

const TITLES: Readonly<Record<string, string>> = { cpu: 'CPU', first: 'first scrape', rss: 'peak RSS' };

function titleOf(what: string, unit: string | undefined): string {
  const title = TITLES[what] ?? what.replace('cpu', 'CPU');
  return unit === undefined || unit === '1' ? title : `${title}, ${unit}`;
}

function subjectsOf({ figures }: Measurement): readonly string[] {
  return [...new Set(figures.map(({ subject }) => subject))];
}

/** What a table says of a subject; an empty cell where it was not measured. */
function cellsOf({ figures, ratios }: Measurement, subject: string) {
  const find = (by: string, what: string) =>
    figures.find((figure) => figure.subject === subject && figure.by === by && figure.what === what);
  return {
    median: (by: string, what: string) => numberText(find(by, what)?.median),
    range: (by: string, what: string) => rangeText(find(by, what)),
    ratio: (by: string, peer: string) =>
      numberText(
        ratios.find((each) => each.subject === subject && each.what === 'cpu' && each.by === by && each.peer === peer)
          ?.ratio,
      ),
  };
}

function rangeText(figure: Figure | undefined): string {
  if (figure === undefined) return '';
  const { median, min, max, of } = figure;
  return of === 1 || min === max ? numberText(median) : `${numberText(median)} (${numberText(min)}-${numberText(max)})`;
}

function numberText(value: number | undefined): string {
  if (value === undefined) return '';
  return Math.abs(value) >= 100 ? countText(value) : String(Number(value.toPrecision(value >= 10 ? 3 : 2)));
}
