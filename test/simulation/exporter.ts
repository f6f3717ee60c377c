import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExporterPorts, Fleet, FleetTask } from './fleet.ts';

export type Exporter = {
  readonly ports: ExporterPorts;
  /** From now on the tasks of this fleet answer. */
  readonly answerFor: (fleet: Fleet) => void;
  readonly stop: () => Promise<void>;
};

/** How many of the series of a target are counters and gauges that the documents select; no others are. */
export function selectedSeries(series: number): { readonly counters: number; readonly gauges: number } {
  return { counters: Math.max(1, Math.round(series * 0.1)), gauges: Math.round(series * 0.05) };
}

/** Series `index` of the counters rises by so much for each unit of work. */
export function stepOf(index: number): number {
  return index + 1;
}

const DYNAMIC_PORTS = 8;

/** One program that answers for every task of a fleet: it listens at all loopback addresses. Linux only. */
export async function startExporter(series: number): Promise<Exporter> {
  const unselected = unselectedText(series);
  let fleet: Fleet | undefined;
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const { localAddress, localPort } = request.socket;
    const task = fleet?.listening.get(`${localAddress}:${localPort}`);
    // Nobody listens there any more.
    if (task === undefined) return void request.socket.destroy();
    const text = selectedText(task, series) + unselected;
    const headers = { 'content-type': 'text/plain; version=0.0.4', 'content-length': String(Buffer.byteLength(text)) };
    switch (task.failure) {
      case undefined:
        response.writeHead(200, headers);
        response.end(text);
        return;
      case 'hangs':
        return;
      case 'resets':
        request.socket.resetAndDestroy();
        return;
      case 'ends':
        response.writeHead(200, headers);
        response.write(text.slice(0, text.length / 2), () => request.socket.destroy());
        return;
      case 'status 500':
        response.writeHead(500);
        response.end();
        return;
      default:
        task.failure satisfies never;
    }
  };
  const servers = await Promise.all(Array.from({ length: 1 + DYNAMIC_PORTS }, () => listen(answer)));
  const [task = 0, ...dynamic] = servers.map((server) => (server.address() as AddressInfo).port);
  return {
    ports: { task, dynamic },
    answerFor: (next) => {
      fleet = next;
    },
    stop: async () => {
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
      for (const server of servers) server.closeAllConnections();
      await Promise.all(closed);
    },
  };
}

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, resolve));
  return server;
}

function selectedText({ work, family }: FleetTask, series: number): string {
  const { counters, gauges } = selectedSeries(series);
  const counter = (i: number) =>
    `# TYPE fleet_work_${i}_total counter\nfleet_work_${i}_total{app="${family.name}"} ${work * stepOf(i)}\n`;
  const gauge = (i: number) => `# TYPE fleet_level_${i} gauge\nfleet_level_${i}{app="${family.name}"} ${i}.5\n`;
  return [
    ...Array.from({ length: counters }, (_, i) => counter(i)),
    ...Array.from({ length: gauges }, (_, i) => gauge(i)),
  ].join('');
}

/** What an exporter tells beside: the same for each. */
function unselectedText(series: number): string {
  const { counters, gauges } = selectedSeries(series);
  const lines = Array.from({ length: Math.max(0, series - counters - gauges) }, (_, i) => {
    const type = i % 10 === 0 ? `# TYPE process_detail_${i / 10} gauge\n` : '';
    return `${type}process_detail_${Math.floor(i / 10)}{part="part-${i % 10}",kind="kind-${i}"} ${(i * 7919) % 1000}\n`;
  });
  return lines.join('');
}
