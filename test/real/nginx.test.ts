import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand, startCommand } from './parts/command.ts';
import { type EmfMetric, namesBySet, readEmf } from './parts/emf.ts';
import { bodyOf, valueIn } from './parts/exposition.ts';
import { type NginxPart, startNginx } from './parts/nginx.ts';

const counter = 'nginx_http_requests_total';

describe('the command on real nginx exporters', () => {
  let folder: string;
  let first: NginxPart;
  let second: NginxPart;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'prom-emf-nginx-test-'));
    const render = ['render', 'examples/compose/nginx.yaml', '--cluster', 'prod', '--out', folder];
    expect((await runCommand(render)).status).toBe(0);
    first = await startNginx();
    second = await startNginx();
  });
  afterAll(async () => {
    await first?.stop();
    await second?.stop();
    rmSync(folder, { recursive: true });
  });

  const scrape = (parts: readonly NginxPart[], ...more: readonly string[]) => {
    const targets = join(folder, `targets-${parts.map(({ port }) => port).join('-')}.json`);
    writeFileSync(targets, JSON.stringify(parts.map(targetGroup)));
    const documents = [
      '--prometheus',
      join(folder, 'nginx/prometheus.yaml'),
      '--agent',
      join(folder, 'nginx/agent.json'),
    ];
    return ['scrape', ...documents, '--options', join(folder, 'nginx/options.json'), '--targets', targets, ...more];
  };

  it('gives the increase of a counter between two rounds', async () => {
    const command = startCommand(scrape([first], '--count', '2', '--interval', '5s'));
    await vi.waitFor(() => expect(command.stderr()).toContain('targets 1 (1 up)'), { timeout: 10_000, interval: 20 });
    const before = valueIn(await bodyOf(first.url), counter);
    await requests(first, 17);
    const { status, stdout, stderr } = await command.ended;
    const after = valueIn(await bodyOf(first.url), counter);

    expect(status).toBe(0);
    expect(stderr).toContain('first sample of a counter: the next scrape gives its delta');
    const metrics = readEmf(stdout);
    // The exporter asks nginx once for each body, ours as well as the command's: both rounds are one request ahead.
    expect(valuesOf(metrics, counter)).toEqual([after - before]);
    expect(after - before).toBeGreaterThanOrEqual(17);
    // Connections are counted too, and what is a gauge comes in both rounds.
    expect(valuesOf(metrics, 'nginx_up')).toEqual([1, 1]);
    expect(valuesOf(metrics, 'nginx_connections_accepted')).toHaveLength(1);
  });

  it('gives the increase from one run to the next when state is kept', async () => {
    const run = async () => {
      const body = await bodyOf(first.url);
      const { status, stdout } = await runCommand(scrape([first], '--state', join(folder, 'state')));
      expect(status).toBe(0);
      return { value: valueIn(body, counter), metrics: readEmf(stdout) };
    };
    const { value: before, metrics } = await run();
    expect(valuesOf(metrics, counter)).toEqual([]);
    await requests(first, 5);
    const { value: after, metrics: second } = await run();
    expect(valuesOf(second, counter)).toEqual([after - before]);
    await requests(first, 2);
    const { value: last, metrics: third } = await run();
    expect(valuesOf(third, counter)).toEqual([last - after]);
  });

  it('names every metric of nginx by cluster, family and service', async () => {
    const { stdout } = await runCommand(scrape([first], '--count', '2', '--interval', '100ms'));
    const metrics = readEmf(stdout);
    expect(namesBySet(metrics)).toEqual({
      'ClusterName ServiceName TaskDefinitionFamily': [
        'nginx_connections_accepted',
        'nginx_connections_active',
        'nginx_connections_handled',
        'nginx_connections_reading',
        'nginx_connections_waiting',
        'nginx_connections_writing',
        'nginx_http_requests_total',
        'nginx_up',
      ],
    });
    for (const { namespace, dimensions } of metrics) {
      expect(namespace).toBe('ECS/ContainerInsights/Prometheus');
      expect(dimensions).toEqual({ ClusterName: 'prod', TaskDefinitionFamily: 'nginx', ServiceName: 'nginx' });
    }
  });

  it('tells a target that is down from one that is up, and fails when none is', async () => {
    const both = await runCommand(scrape([first, second], '--json'));
    expect(both.status).toBe(0);
    expect(valuesOf(readEmf(both.stdout), 'nginx_up')).toEqual([1, 1]);

    await second.stop();
    const one = await runCommand(scrape([first, second]));
    expect(one.status).toBe(0);
    expect(valuesOf(readEmf(one.stdout), 'nginx_up')).toEqual([1]);
    expect(one.stderr).toContain('targets 2 (1 up)');
    expect(lineWith(one.stderr, second.url)).toMatch(/: DOWN: .*(ECONNREFUSED|refused)/);
    expect(lineWith(one.stderr, first.url)).toMatch(/: up in \d+ ms, /);

    const none = await runCommand(scrape([second]));
    expect(none).toMatchObject({ status: 1, stdout: '' });
    expect(lineWith(none.stderr, second.url)).toMatch(/: DOWN: .*(ECONNREFUSED|refused)/);
  });
});

/** The target group of a task of the family nginx, with the labels that discovery gives it. */
function targetGroup({ host, port }: NginxPart) {
  return {
    targets: [`${host}:${port}`],
    labels: {
      container_name: 'nginx-prometheus-exporter',
      TaskDefinitionFamily: 'nginx',
      TaskRevision: '1',
      TaskGroup: 'service:nginx',
      LaunchType: 'FARGATE',
      TaskId: String(port).padStart(32, '0'),
      TaskClusterName: 'prod',
      ServiceName: 'nginx',
      __metrics_path__: '/metrics',
      job: 'prod-nginx-prometheus-exporter',
    },
  };
}

function valuesOf(metrics: readonly EmfMetric[], wanted: string): readonly number[] {
  return metrics.filter(({ name }) => name === wanted).map(({ value }) => value);
}

function lineWith(text: string, part: string): string {
  return text.split('\n').find((line) => line.includes(part)) ?? '';
}

async function requests({ siteUrl }: NginxPart, count: number): Promise<void> {
  for (let request = 0; request < count; request++) await (await fetch(siteUrl)).arrayBuffer();
}
