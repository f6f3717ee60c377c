import { describe, expect, it } from 'vitest';
import { expositionReader, readExposition } from '../../../lib/prometheus/exposition-reader.ts';
import { seriesKeyOf } from '../../../lib/prometheus/samples.ts';

const TEXT = 'text/plain; version=0.0.4';

describe('readExposition', () => {
  it('gives samples, types, units and starts', () => {
    const body = '# TYPE a_bytes counter\n# UNIT a_bytes bytes\na_bytes_total 2 5\na_bytes_created 3\n# EOF\n';
    const read = readExposition(Buffer.from(body), 'application/openmetrics-text', undefined, undefined);
    expect(read.samples).toEqual([{ name: 'a_bytes_total', labels: [], value: 2, timestampMs: 5000 }]);
    expect([...read.types]).toEqual([['a_bytes', 'counter']]);
    expect([...read.units]).toEqual([['a_bytes', 'bytes']]);
    expect([...read.created]).toEqual([[seriesKeyOf('a_bytes', []), 3000]]);
  });

  it('counts what is not wanted', () => {
    const read = readExposition(Buffer.from('a 1\nb 2\n'), TEXT, undefined, (name) => name === 'a');
    expect([read.scraped, read.samples.length]).toEqual([2, 1]);
  });

  it('takes an empty body without a Content-Type for no samples', () => {
    expect(readExposition(Buffer.from(''), '', undefined, undefined).scraped).toBe(0);
  });

  it('takes an empty body in OpenMetrics for no samples', () => {
    expect(readExposition(Buffer.from(''), 'application/openmetrics-text', undefined, undefined).scraped).toBe(0);
  });
});

describe('expositionReader', () => {
  const read = (chunks: readonly string[], contentType = TEXT) => {
    const reader = expositionReader(undefined, undefined);
    for (const chunk of chunks) reader.read(Buffer.from(chunk), contentType);
    return reader.end;
  };

  it('joins what chunks cut', () => {
    const { exposition, bodyBytes } = read(['# TYPE a ga', 'uge\na{b="', '1"} 1\na 2', '\n'])();
    const ownType = 'gauge';
    expect([exposition.samples, exposition.scraped, bodyBytes]).toEqual([
      [
        { name: 'a', labels: [['b', '1']], value: 1, ownType },
        { name: 'a', labels: [], value: 2, ownType },
      ],
      2,
      30,
    ]);
  });

  it('refuses at the end what has a fault in the middle, with what came before', () => {
    const end = read(['a 1\nb ', 'x\n', 'c 3\n']);
    expect(end).toThrow('line 2, column 3: expected a float as the value, found "x"');
    expect(end).toThrow(expect.objectContaining({ before: expect.objectContaining({ scraped: 1 }) }));
  });

  it('refuses at the end a Content-Type of another format', () => {
    expect(read(['<html>', '</html>'], 'text/html')).toThrow(
      'expected Content-Type text/plain or application/openmetrics-text, found "text/html"',
    );
  });

  it('refuses OpenMetrics that ends too soon', () => {
    expect(read(['a 1\n', '# EO'], 'application/openmetrics-text')).toThrow(
      'line 2, column 1: expected # HELP, # TYPE, # UNIT or # EOF, found "# EO"',
    );
  });

  const labels = (count: number) => Array.from({ length: count }, (_, at) => `l${at}="x"`).join();

  it('takes 10,000 labels', () => {
    expect(read([`a{${labels(10_000)}} 1\n`])().exposition.samples[0]?.labels.length).toBe(10_000);
  });

  it('refuses more', () => {
    expect(read(['a 1\n', `b{${labels(10_001)}} 1\n`])).toThrow(
      'b has 10001 labels, which are more than 10000; the exporter must expose fewer, or no rule select it',
    );
  });

  it('passes over chunks without bytes', () => {
    expect(read(['', 'a 1\n', ''])().exposition.scraped).toBe(1);
  });
});
