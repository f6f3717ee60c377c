import { type GraphSection, type MetricEntry, PERIOD, sectionsOf } from './dashboard-widget.ts';
import type { MonitoredFamily } from './monitored-family.ts';
import { boundedName, type TemplatePart } from './template-part.ts';

type Place = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
type TextWidget = Place & { readonly type: 'text'; readonly properties: { readonly markdown: string } };
type MetricWidget = Place & {
  readonly type: 'metric';
  readonly properties: {
    readonly title: string;
    readonly view: 'timeSeries';
    readonly region: string;
    readonly period: number;
    readonly metrics: readonly MetricEntry[];
  };
};

/** Source: CloudWatch, dashboard body structure and syntax. */
export type DashboardBody = { readonly widgets: readonly (TextWidget | MetricWidget)[] };

export type Dashboard = { readonly name: string; readonly body: DashboardBody };

/** CloudWatch takes 500 widgets; nobody reads as many, and 2500 metrics are the limit of all searches together. */
const MAX_GRAPHS = 100;
const [WIDTH, HEIGHT, COLUMNS] = [8, 6, 3];
const HEADING_HEIGHT = 1;

/** The dashboards of a family, one for each 100 graphs; `region` is where its metrics are. */
export function renderDashboards(family: MonitoredFamily, region: string): readonly Dashboard[] {
  const pages = paginate(sectionsOf(family));
  return pages.map((page, index) => ({
    name: nameOf(family, index),
    body: { widgets: [introduction(family, index, pages.length), ...layOut(page, region)] },
  }));
}

/** A dashboard's name takes letters, digits, - and _. */
function nameOf({ cluster, family }: MonitoredFamily, index: number): string {
  const suffix = index === 0 ? '' : `-${index + 1}`;
  return boundedName(`${cluster}-${family}`.replace(/[^A-Za-z0-9_-]/g, '-'), 255 - suffix.length) + suffix;
}

/** Sections over pages of at most 100 graphs; a section that does not fit goes on on the next page. */
function paginate(sections: readonly GraphSection[]): readonly (readonly GraphSection[])[] {
  const pages: GraphSection[][] = [];
  let room = 0;
  for (const { heading, graphs } of sections) {
    for (let rest = graphs; rest.length > 0; ) {
      if (room === 0) {
        pages.push([]);
        room = MAX_GRAPHS;
      }
      pages.at(-1)?.push({ heading, graphs: rest.slice(0, room) });
      const taken = Math.min(room, rest.length);
      rest = rest.slice(taken);
      room -= taken;
    }
  }
  return pages;
}

function introduction({ family, cluster, namespace }: MonitoredFamily, index: number, pages: number): TextWidget {
  const page = pages === 1 ? '' : `, page ${index + 1} of ${pages}`;
  const markdown = `# ${family}\nCluster ${cluster}, namespace ${namespace}${page}. Counters are shown as their increase per minute.`;
  return { type: 'text', x: 0, y: 0, width: COLUMNS * WIDTH, height: 2, properties: { markdown } };
}

/** Below the introduction: a heading over the whole width, then rows of three graphs. */
function layOut(sections: readonly GraphSection[], region: string): (TextWidget | MetricWidget)[] {
  let top = 2;
  return sections.flatMap(({ heading, graphs }) => {
    const first = top + HEADING_HEIGHT;
    const title: TextWidget = {
      type: 'text',
      x: 0,
      y: top,
      width: COLUMNS * WIDTH,
      height: HEADING_HEIGHT,
      properties: { markdown: `## ${heading}` },
    };
    top = first + Math.ceil(graphs.length / COLUMNS) * HEIGHT;
    const widgets = graphs.map(
      (graph, index): MetricWidget => ({
        type: 'metric',
        x: (index % COLUMNS) * WIDTH,
        y: first + Math.floor(index / COLUMNS) * HEIGHT,
        width: WIDTH,
        height: HEIGHT,
        properties: { title: graph.title, view: 'timeSeries', region, period: PERIOD, metrics: graph.metrics },
      }),
    );
    return [title, ...widgets];
  });
}

const STACK_REGION = '${AWS::Region}';

/** The dashboards as resources, in the region of the stack. */
export function renderDashboardResources(family: MonitoredFamily): TemplatePart {
  const resources = renderDashboards(family, STACK_REGION).map(({ name, body }, index) => {
    const Properties = { DashboardName: name, DashboardBody: { 'Fn::Sub': substitutable(body) } };
    return [index === 0 ? 'Dashboard' : `Dashboard${index + 1}`, { Type: 'AWS::CloudWatch::Dashboard', Properties }];
  });
  if (resources.length === 0) return { Resources: {} };
  return {
    Resources: Object.fromEntries(resources),
    Outputs: { Dashboard: { Description: 'The first dashboard of the family', Value: { Ref: 'Dashboard' } } },
  };
}

/** The body as text in which Fn::Sub finds the stack's region and no other reference. */
function substitutable(body: DashboardBody): string {
  const region = (reference: string) => `"region":${JSON.stringify(reference)}`;
  const escaped = JSON.stringify(body).replaceAll('${', '${!');
  return escaped.replaceAll(region('${!AWS::Region}'), region(STACK_REGION));
}
