import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { collectorConfig } from '../../bench/collector.ts';
import { corpusOf } from '../../bench/corpora.ts';
import { peerVersions, versionIn } from '../../bench/peers.ts';

describe('the peers of bench', () => {
  it('are told with their versions', () => {
    for (const version of Object.values(peerVersions())) expect(version).toMatch(/^v?\d+\.\d+\.\d+$/);
    expect(Object.keys(peerVersions())).toEqual([
      'github.com/open-telemetry/opentelemetry-collector-contrib/receiver/prometheusreceiver',
      'github.com/open-telemetry/opentelemetry-collector-contrib/exporter/awsemfexporter',
      'github.com/prometheus/prometheus',
      'github.com/prometheus/common',
      'parse-prometheus-text-format',
    ]);
  });

  it('are refused without a version', () => {
    expect(() => versionIn('require (\n\ta/b/c v1.0.0\n)\n', 'a/b')).toThrow('go.mod: expected a line a/b VERSION');
  });

  it('are given a collector that keeps what ours selects, with as many dimensions', () => {
    const corpus = corpusOf('jmx-100k');
    const { receivers, exporters } = parse(collectorConfig(corpus, 9000));
    const [job] = receivers.prometheus.config.scrape_configs;
    expect(job.static_configs).toEqual([{ targets: ['127.0.0.1:9000'] }]);
    expect(job.metric_relabel_configs).toEqual([
      { source_labels: ['__name__'], regex: corpus.pattern, action: 'keep' },
    ]);
    expect(exporters.awsemf.metric_declarations).toEqual([
      { dimensions: [['service.name', 'connector']], metric_name_selectors: [corpus.pattern] },
    ]);
  });
});
