import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentsOf, metricsOf, promEmf } from './command.ts';

const AGENT = JSON.stringify({
  logs: {
    metrics_collected: {
      prometheus: {
        cluster_name: 'prod',
        ecs_service_discovery: { docker_label: {} },
        emf_processor: {
          metric_declaration: [
            {
              source_labels: ['job'],
              label_matcher: '^app$',
              dimensions: [['job']],
              metric_selectors: ['^up_to_you$'],
            },
            { source_labels: ['job'], label_matcher: '.*', dimensions: [['absent']], metric_selectors: ['^other$'] },
          ],
        },
      },
    },
  },
});

let folder: string;
let server: Server;
/** The Authorization headers of the requests so far. */
const authorizations: (string | undefined)[] = [];
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prom-emf-test-'));
  server = createServer((request, response) => {
    const found = request.url === '/metrics';
    authorizations.push(request.headers.authorization);
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(found ? '# TYPE up_to_you gauge\nup_to_you 7\n# TYPE other gauge\nother 1\n' : 'nothing here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const job = (path: string) =>
  `scrape_configs:\n  - job_name: app\n    metrics_path: ${path}\n    static_configs:\n      - targets: ['127.0.0.1:${port}']\n`;

describe('scrape', () => {
  it('prints EMF lines on stdout, names a missing dimension on stderr and ends with 0', async () => {
    const prometheus = await file('good.yaml', job('/metrics'));
    const run = await promEmf('scrape', '--prometheus', prometheus, '--agent', await file('agent.json', AGENT));
    expect(metricsOf(documentsOf(run))).toEqual(['up_to_you [job]']);
    expect(run.stderr).toContain(
      'metric_declaration[1]: 1 samples such as other lack absent; labels that are there: ClusterName, instance, job',
    );
    expect(run.status).toBe(0);
  });

  it('ends with 1 when no scrape of any target succeeds, and names the URL', async () => {
    const prometheus = await file('404.yaml', job('/nowhere'));
    const run = await promEmf('scrape', '--prometheus', prometheus, '--agent', await file('agent.json', AGENT));
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain(
      `DOWN: http://127.0.0.1:${port}/nowhere: server returned HTTP status 404 Not Found; is metrics_path right?`,
    );
    expect(run.status).toBe(1);
  });

  it('scrapes the targets of a file_sd document that stands for the ECS targets', async () => {
    const prometheus = await file(
      'ecs.yaml',
      'scrape_configs:\n  - job_name: ecs\n    file_sd_configs:\n      - files: [/tmp/cwagent_ecs_auto_sd.yaml]\n',
    );
    const targets = await file(
      'targets.json',
      JSON.stringify([{ targets: [`127.0.0.1:${port}`], labels: { job: 'app' } }]),
    );
    const agent = await file('agent.json', AGENT);
    const run = await promEmf('scrape', '--prometheus', prometheus, '--agent', agent, '--targets', targets);
    expect(metricsOf(documentsOf(run))).toEqual(['up_to_you [job]']);
  });
});

describe('scrape with credentials', () => {
  const scrape = async (credentials: string) => {
    authorizations.length = 0;
    const prometheus = await file('credentials.yaml', `${job('/metrics')}    ${credentials}\n`);
    return promEmf('scrape', '--prometheus', prometheus, '--agent', await file('agent.json', AGENT), '--json');
  };

  it('takes them written out, and tells them to nobody else', async () => {
    const run = await scrape('basic_auth: {username: a, password: hunter2}');
    expect(run.status).toBe(0);
    expect(authorizations).toEqual([`Basic ${Buffer.from('a:hunter2').toString('base64')}`]);
    expect(run.stdout + run.stderr).not.toContain('hunter2');
  });

  it('takes them from a file beside the document', async () => {
    await file('token', 'hunter2\n');
    expect((await scrape('authorization: {credentials_file: token}')).status).toBe(0);
    expect(authorizations).toEqual(['Bearer hunter2']);
  });

  it('asks nobody without the secret it needs, and says where it is missing', async () => {
    const run = await scrape('authorization: {credentials_file: nowhere}');
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('job app is not scraped without its secret nowhere: the file cannot be read: ENOENT');
    expect(authorizations).toEqual([]);
  });
});

describe('a configuration error ends with 2 and says file, line, column, path, expectation', () => {
  const table = [
    {
      name: 'a bad regex in relabel_configs',
      text: "scrape_configs:\n  - job_name: app\n    relabel_configs:\n      - source_labels: [a]\n        regex: 'a('\n        target_label: b\n",
      expected:
        ':5:16: error: scrape_configs[0].relabel_configs[0].regex: expected an RE2 regular expression, found "a(": error parsing regexp: missing closing ): `^(?s:a()$`',
    },
    {
      name: 'an unknown key',
      text: 'scrape_configs:\n  - job_name: app\n    scrape_intervall: 15s\n',
      expected: ':3:23: error: scrape_configs[0].scrape_intervall: unknown key "scrape_intervall"',
    },
    {
      name: 'a duration that is none',
      text: 'global:\n  scrape_interval: soon\n',
      expected: ':2:20: error: global.scrape_interval: expected a duration such as 15s, 1m or 1h30m, found "soon"',
    },
    {
      name: 'YAML that is broken',
      text: 'scrape_configs:\n  - job_name: [\n',
      expected: ':3:1: error: ',
    },
  ];
  for (const { name, text, expected } of table) {
    it(name, async () => {
      const prometheus = await file('bad.yaml', text);
      const run = await promEmf('scrape', '--prometheus', prometheus, '--agent', await file('agent.json', AGENT));
      expect(run.stderr).toContain(`${prometheus}${expected}`);
      expect(run.stdout).toBe('');
      expect(run.status).toBe(2);
    });
  }

  it('a file that is not there', async () => {
    const run = await promEmf('render', join(folder, 'absent.yaml'));
    expect(run.stderr).toBe(`${join(folder, 'absent.yaml')}:1:1: error: cannot be read: there is no such file\n`);
    expect(run.status).toBe(2);
  });
});

describe('render', () => {
  const compose = (port: number) =>
    `services:\n  web:\n    image: web\n    ports: ["9113"]\n    x-prometheus:\n      ContainersInsights:\n        CollectForNginx:\n          ExporterPort: ${port}\n`;

  it('writes the documents of each family', async () => {
    const out = join(folder, 'documents');
    const run = await promEmf('render', await file('compose.yaml', compose(9113)), '--cluster', 'prod', '--out', out);
    expect(run.status).toBe(0);
    expect(await readdir(join(out, 'web'))).toEqual([
      'agent.json',
      'cloudformation.json',
      'compose.override.yaml',
      'dashboard.json',
      'options.json',
      'prometheus.yaml',
    ]);
    expect(JSON.parse(await readFile(join(out, 'web', 'agent.json'), 'utf8'))).toHaveProperty(
      'logs.metrics_collected.prometheus',
    );
  });

  it('writes nothing when it is refused', async () => {
    const out = join(folder, 'refused');
    const path = await file('refused.yaml', compose(70_000));
    const run = await promEmf('render', path, '--cluster', 'prod', '--out', out);
    expect(run.stderr).toContain(
      `${path}:8:25: error: services.web.x-prometheus.ContainersInsights.CollectForNginx.ExporterPort: expected a port from 1 to 65535, found 70000`,
    );
    expect(run.status).toBe(2);
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });
});

describe('discover', () => {
  const tasks = JSON.stringify({
    tasks: [{ taskArn: 'arn:aws:ecs:eu-west-1:000000000000:task/prod/1', taskDefinitionArn: 'x' }],
  });

  it('prints file_sd JSON', async () => {
    const recorded = new URL('../../examples/tasks.json', import.meta.url).pathname;
    const labelled = AGENT.replace(
      '"docker_label":{}',
      '"docker_label":{},"task_definition_list":[{"sd_metrics_ports":"9113","sd_task_definition_arn_pattern":"nginx"}]',
    );
    const run = await promEmf(
      'discover',
      '--agent',
      await file('nginx.json', labelled),
      '--cluster',
      'prod',
      '--tasks',
      recorded,
    );
    expect(run.status).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject([
      { targets: ['10.0.1.9:9113'], labels: { ServiceName: 'nginx', TaskDefinitionFamily: 'nginx' } },
    ]);
  });

  it('ends with 1 for a cluster that is not there', async () => {
    const run = await promEmf(
      'discover',
      '--agent',
      await file('agent.json', AGENT),
      '--cluster',
      'staging',
      '--tasks',
      await file('tasks.json', tasks),
    );
    expect(run.stderr).toContain('cluster "staging"');
    expect(run.stdout).toBe('');
    expect(run.status).toBe(1);
  });
});

describe('usage', () => {
  it('names an unknown command, option or argument and ends with 2', async () => {
    for (const args of [['scrap'], ['scrape', '--promtheus', 'x'], ['scrape'], ['render'], ['scrape', 'x']]) {
      const run = await promEmf(...args);
      expect(run.status).toBe(2);
      expect(run.stderr).toMatch(/^prom-emf: .*\n$/);
    }
  });

  it('prints help with examples on stdout', async () => {
    for (const command of ['render', 'discover', 'scrape']) {
      const run = await promEmf(command, '--help');
      expect(run.status).toBe(0);
      expect(run.stdout).toContain('Examples:');
    }
  });
});
