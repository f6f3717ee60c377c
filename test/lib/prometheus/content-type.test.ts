import { describe, expect, it } from 'vitest';
import { formatOf, type ScrapeProtocol } from '../../../lib/prometheus/content-type.ts';
import { ExpositionError } from '../../../lib/prometheus/exposition.ts';
import { parseExposition } from '../../../lib/prometheus/exposition-stream.ts';

describe('formatOf', () => {
  const rows: readonly { input: string; fallback?: ScrapeProtocol; expected: string }[] = [
    { input: 'text/plain', expected: 'text' },
    { input: 'text/plain; version=0.0.4; charset=utf-8', expected: 'text' },
    { input: 'TEXT/Plain', expected: 'text' },
    { input: 'text/plain; x="a;b"', expected: 'text' },
    { input: 'text/plain;', expected: 'text' },
    { input: 'application/openmetrics-text; version=1.0.0; charset=utf-8', expected: 'openmetrics' },
    { input: '', fallback: 'PrometheusText0.0.4', expected: 'text' },
    { input: 'text/html', fallback: 'OpenMetricsText1.0.0', expected: 'openmetrics' },
    { input: 'application/openmetrics-text', fallback: 'PrometheusText0.0.4', expected: 'openmetrics' },
  ];
  it.each(rows)('takes $input with fallback $fallback for $expected', ({ input, fallback, expected }) => {
    expect(formatOf(input, fallback)).toBe(expected);
  });

  const REMEDY = 'is this the metrics path? Otherwise set fallback_scrape_protocol';
  const EXPECTED = 'expected Content-Type text/plain or application/openmetrics-text, found';
  const errors: readonly { input: string; fallback?: ScrapeProtocol; expected: string }[] = [
    { input: '', expected: `${EXPECTED} none; ${REMEDY}` },
    { input: 'text/html; charset=utf-8', expected: `${EXPECTED} "text/html; charset=utf-8"; ${REMEDY}` },
    { input: 'application/json', expected: `${EXPECTED} "application/json"; ${REMEDY}` },
    { input: 'text plain', expected: `${EXPECTED} "text plain"; ${REMEDY}` },
    { input: 'text/plain; a', expected: `${EXPECTED} "text/plain; a"; ${REMEDY}` },
    { input: 'text/plain; a=1; A=2', expected: `${EXPECTED} "text/plain; a=1; A=2"; ${REMEDY}` },
    { input: 'text/plain;;', expected: `${EXPECTED} "text/plain;;"; ${REMEDY}` },
    {
      input: 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily',
      expected: 'the protobuf exposition format is not supported',
    },
    {
      input: 'application/vnd.google.protobuf',
      fallback: 'PrometheusText0.0.4',
      expected: 'the protobuf exposition format is not supported',
    },
  ];
  it.each(errors)('refuses $input', ({ input, fallback, expected }) => {
    expect(() => formatOf(input, fallback)).toThrow(
      new ExpositionError('content_type', expected, { line: 0, column: 0 }),
    );
  });
});

describe('parseExposition', () => {
  it('parses a body in the format it is told', () => {
    const visitor = { sample: () => {} };
    expect(parseExposition('text', Buffer.from('a 1\n'), visitor)).toBe(1);
    expect(() => parseExposition('openmetrics', Buffer.from('a 1\n'), visitor)).toThrow('expected # EOF');
  });
});
