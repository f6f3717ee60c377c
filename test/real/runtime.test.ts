import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BodyServer, startBodyServer } from './parts/body-server.ts';
import { built, killCommand, runCommand, runCommandReadSlowly } from './parts/command.ts';
import { emfLines, readEmf } from './parts/emf.ts';
import { type FunctionPart, type FunctionSettings, startFunction } from './parts/function.ts';

const address = '10.0.0.7:1234';

describe('more than 10 MB of documents through a pipe that is read slowly', () => {
  const counts = { small: 3_000, large: 200 };
  const noteBytes = { small: 100, large: 50_000 };
  const documents = counts.small + counts.large;
  const bytesPerSecond = 1_500_000;
  const pipeBytes = 65_536;
  let exporter: BodyServer;
  beforeAll(async () => {
    const names = ['small', 'large'] as const;
    const lines = names.flatMap((name) => series(name, counts[name], noteBytes[name]));
    exporter = await startBodyServer(`${lines.join('\n')}\n`);
  });
  afterAll(() => exporter.stop());

  /** Every line whole, and each sample in one document. */
  const check = (output: Buffer | string, seconds: number) => {
    expect(output.length).toBeGreaterThan(10_000_000);
    // The reader, not the writer, took the time: the pipe was full.
    expect(seconds).toBeGreaterThan((output.length - pipeBytes) / bytesPerSecond / 2);
    const lines = emfLines(output);
    expect(lines).toHaveLength(documents);
    for (const name of ['small', 'large'] as const) {
      const found = lines.map((line) => JSON.parse(line)).filter((document) => name in document);
      expect(found.map((document) => document.note.length)).toEqual(Array(counts[name]).fill(noteBytes[name]));
      const indexes = found.map((document) => [document.connector, document[name]]).sort((a, b) => a[1] - b[1]);
      expect(indexes).toEqual(Array.from({ length: counts[name] }, (_, index) => [`c${index}`, index]));
    }
    expect(readEmf(output)).toHaveLength(documents);
  };

  it('are written by the function before it answers', async () => {
    const env = { ALLOWED_NETWORKS: '127.0.0.0/8' };
    const bundle = { bundleDir: built('functions', 'scrape'), handler: 'handler.handler' };
    const slow = await startFunction({ ...bundle, env, readSlowly: bytesPerSecond, timeoutMs: 50_000 });
    try {
      const startedAt = Date.now();
      const outcome = await slow.invoke({ cluster: 'prod', documents: { big: documentsOf(exporter.address) } });
      const seconds = (Date.now() - startedAt) / 1000;
      // What is written after the answer would be lost in a frozen function; stdout() is read when it is frozen.
      const output = slow.stdout();
      expect(outcome).toMatchObject({ kind: 'response', response: { outcome: 'emitted', documents } });
      check(output, seconds);
    } finally {
      await slow.stop();
    }
  });

  it('are written by the command before it ends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'prom-emf-runtime-test-'));
    try {
      const files = documentFiles(folder, exporter.address);
      const startedAt = Date.now();
      const { status, stdout, stderr } = await runCommandReadSlowly(['scrape', ...files, '--json'], bytesPerSecond);
      const seconds = (Date.now() - startedAt) / 1000;
      expect(status).toBe(0);
      expect(JSON.parse(stderr)).toMatchObject({ outcome: 'emitted', documents });
      check(stdout, seconds);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the command, killed between commit and emission', () => {
  it('says so in its next summary, and gives the next increase', async () => {
    let scrapes = 0;
    const body = () => {
      scrapes += 1;
      const filling = 'x'.repeat(1000);
      const lines = Array.from(
        { length: 300 },
        (_, at) => `small{connector="c${at}",note="${filling}"} ${scrapes ** 2}`,
      );
      return `# TYPE small counter\n${lines.join('\n')}\n`;
    };
    const exporter = await startBodyServer(body);
    const folder = mkdtempSync(join(tmpdir(), 'prom-emf-runtime-test-'));
    try {
      const files = documentFiles(folder, exporter.address);
      const args = ['scrape', ...files, '--state', folder, '--json'];
      const state = () => JSON.parse(readFileSync(join(folder, 'command.json'), 'utf8')) as { dueAt: number };
      const summaryOf = async () => {
        const { stdout, stderr } = await runCommand(args);
        return {
          values: readEmf(stdout).map(({ value }) => value),
          gaps: (JSON.parse(stderr) as { gaps: number[] }).gaps,
        };
      };

      expect(await summaryOf()).toEqual({ values: [], gaps: [] });
      const { dueAt } = state();
      await killCommand(args, () => state().dueAt > dueAt);
      const killed = state().dueAt;
      // 9 - 4: what the killed one had to write, 4 - 1, is lost, and told once.
      expect(await summaryOf()).toEqual({ values: new Array(300).fill(5), gaps: [killed] });
      expect(await summaryOf()).toEqual({ values: new Array(300).fill(7), gaps: [] });
    } finally {
      rmSync(folder, { recursive: true });
      await exporter.stop();
    }
  });
});

describe('scrape under the real runtime client', () => {
  let part: FunctionPart | undefined;
  const start = async (settings: Partial<FunctionSettings> = {}) => {
    part = await startFunction({ bundleDir: built('functions', 'scrape'), handler: 'handler.handler', ...settings });
    return part;
  };
  afterEach(() => part?.stop());

  it('writes nothing else on stdout, and what is wrong on stderr', async () => {
    const events = [
      event(series('small', 2, 10).join('\n')),
      event('<html>not an exposition</html>', { contentType: 'text/html' }),
      event('small{', {}),
      event('', { status: 404 }),
      { ...event(''), recorded: {} },
    ];
    const direct = await start();
    for (const each of events) expect(await direct.invoke(each)).toMatchObject({ kind: 'response' });
    expect(emfLines(direct.stdout())).toHaveLength(2);

    expect(await direct.invoke({ Records: [{ messageId: 'a', body: '' }] })).toMatchObject({
      response: { batchItemFailures: [{ itemIdentifier: 'a' }] },
    });
    const written = direct.stdout();
    expect(emfLines(written)).toHaveLength(2);

    const broken = event('').documents.big.agent.replace('"^(small|large)$"', '"^(small"');
    const documents = { big: { ...event('').documents.big, agent: broken } };
    expect(await direct.invoke({ ...event(''), documents })).toMatchObject({ kind: 'error' });
    expect(await direct.invoke({})).toMatchObject({ kind: 'error' });
    // The runtime client itself tells an error that it reports.
    const told = direct.stdout().subarray(written.length).toString().trimEnd().split('\n');
    expect(told.map((line) => line.split('\t').slice(2, 4))).toEqual(told.map(() => ['ERROR', 'Invoke Error ']));
    expect(told).toHaveLength(2);
    const stderr = direct.stderr().toString();
    expect(stderr).toMatch(/event\.documents\.big\.agent:\d+:\d+: error: .*metric_selectors/);
    expect(stderr).toContain('message a: ');
  });
});

/** A direct event: one static target, whose answer is recorded. */
function event(body: string, answer: Readonly<Record<string, unknown>> = {}) {
  const contentType = 'text/plain; version=0.0.4';
  return {
    cluster: 'prod',
    documents: { big: documentsOf(address) },
    recorded: { [`http://${address}/metrics`]: { contentType, body: body === '' ? '' : `${body}\n`, ...answer } },
  };
}

/** The documents of a family with one static target. */
function documentsOf(target: string) {
  const declaration = {
    source_labels: ['container_name'],
    label_matcher: '^connect$',
    dimensions: [['ClusterName', 'connector']],
    metric_selectors: ['^(small|large)$'],
  };
  const prometheus = { cluster_name: 'prod', emf_processor: { metric_declaration: [declaration] } };
  const staticConfig = { targets: [target], labels: { container_name: 'connect' } };
  return {
    prometheus: JSON.stringify({ scrape_configs: [{ job_name: 'big', static_configs: [staticConfig] }] }),
    agent: JSON.stringify({ logs: { metrics_collected: { prometheus } } }),
  };
}

/** The same as files in the folder, as arguments of the command. */
function documentFiles(folder: string, target: string): readonly string[] {
  const { prometheus, agent } = documentsOf(target);
  writeFileSync(join(folder, 'prometheus.yaml'), prometheus);
  writeFileSync(join(folder, 'agent.json'), agent);
  return ['--prometheus', join(folder, 'prometheus.yaml'), '--agent', join(folder, 'agent.json')];
}

/** Lines of a gauge whose label sets differ: each becomes a document of its own, of a little over `bytes`. */
function series(name: string, count: number, bytes: number): readonly string[] {
  const filling = 'x'.repeat(bytes);
  const lines = Array.from(
    { length: count },
    (_, index) => `${name}{connector="c${index}",note="${filling}"} ${index}`,
  );
  return [`# TYPE ${name} gauge`, ...lines];
}
