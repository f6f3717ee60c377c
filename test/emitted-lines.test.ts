import { expect, it } from 'vitest';
import { compileFamily, planTargets, readFamily } from '../lib/documents.ts';
import { recordedScrape } from '../lib/io/recorded-scrape.ts';
import { memoryStateStore } from '../lib/io/state-store.ts';
import { runScrape } from '../lib/scrape.ts';
import { takeEmittedFaults } from './emitted-faults.ts';

const DUE_AT = 1_700_000_000_000;

async function scrape(namespace: string): Promise<void> {
  const job = { job_name: 'j', static_configs: [{ targets: ['10.0.0.1:80'] }] };
  const declaration = { source_labels: ['job'], metric_selectors: ['.'], dimensions: [['job']] };
  const prometheus = { emf_processor: { metric_declaration: [declaration] } };
  const config = readFamily('app', {
    prometheus: { address: 'prometheus.yaml', text: JSON.stringify({ scrape_configs: [job] }) },
    agent: { address: 'agent.json', text: JSON.stringify({ logs: { metrics_collected: { prometheus } } }) },
  });
  const family = compileFamily(config, 'prod');
  const targets = await planTargets(config, 0, [], async () => []);
  const families = [{ ...family, rules: { ...family.rules, namespace } }];
  const report = await runScrape(
    { families, targets, dueAt: DUE_AT, shard: '0' },
    {
      scrape: recordedScrape({ 'http://10.0.0.1:80/metrics': { body: '# TYPE g gauge\ng 1\n' } }),
      state: memoryStateStore(),
      sink: async () => {},
      summary: () => {},
      clock: () => DUE_AT,
      nonce: () => 'n',
    },
  );
  expect(report.metrics).toBe(1);
}

it('keeps the faults of a line that the cycle made, whoever catches or drops it', async () => {
  await scrape('AWS/ECS');
  expect(takeEmittedFaults()).toEqual([expect.stringMatching(/^directive 0: Namespace starts with AWS\/: \{"/)]);
});

it('keeps nothing of a valid line', async () => {
  await scrape('N');
  expect(takeEmittedFaults()).toEqual([]);
});
