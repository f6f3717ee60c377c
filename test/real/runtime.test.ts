import { afterEach, describe, expect, it } from 'vitest';
import { built } from './parts/command.ts';
import { emfLines, readEmf } from './parts/emf.ts';
import { type FunctionPart, type FunctionSettings, startFunction } from './parts/function.ts';

const url = 'http://10.0.0.7:1234/metrics';

describe('scrape under the real runtime client', () => {
  let part: FunctionPart | undefined;
  const start = async (settings: Partial<FunctionSettings> = {}) => {
    part = await startFunction({ bundleDir: built('functions', 'scrape'), handler: 'handler.handler', ...settings });
    return part;
  };
  afterEach(() => part?.stop());

  it('writes every line whole before it answers, however slowly its stdout is read', async () => {
    const body = [...series('small', 3_000, 100), ...series('large', 30, 50_000)].join('\n');
    const slow = await start({ readSlowly: 400_000, timeoutMs: 50_000 });
    const startedAt = Date.now();
    const outcome = await slow.invoke(event(body));
    const seconds = (Date.now() - startedAt) / 1000;
    // What is written after the answer would be lost in a frozen function; stdout() is read when it is frozen.
    const output = slow.stdout();

    expect(outcome).toMatchObject({ kind: 'response', response: { outcome: 'emitted', documents: 3_030 } });
    expect(output.length).toBeGreaterThan(2_000_000);
    expect(seconds).toBeGreaterThan((output.length - 65_536) / 400_000 / 2);
    const metrics = readEmf(output);
    const found = new Set(metrics.map(({ name, dimensions }) => `${name} ${dimensions.connector}`));
    expect(metrics).toHaveLength(3_030);
    expect(found.size).toBe(3_030);
    expect(Math.max(...emfLines(output).map((line) => line.length))).toBeGreaterThan(50_000);
  });

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
  const declaration = {
    source_labels: ['container_name'],
    label_matcher: '^connect$',
    dimensions: [['ClusterName', 'connector']],
    metric_selectors: ['^(small|large)$'],
  };
  const prometheus = { cluster_name: 'prod', emf_processor: { metric_declaration: [declaration] } };
  const staticConfig = { targets: ['10.0.0.7:1234'], labels: { container_name: 'connect' } };
  return {
    cluster: 'prod',
    documents: {
      big: {
        prometheus: JSON.stringify({ scrape_configs: [{ job_name: 'big', static_configs: [staticConfig] }] }),
        agent: JSON.stringify({ logs: { metrics_collected: { prometheus } } }),
      },
    },
    recorded: { [url]: { contentType: 'text/plain; version=0.0.4', body: body === '' ? '' : `${body}\n`, ...answer } },
  };
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
