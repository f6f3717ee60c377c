import { describe, expect, it } from 'vitest';
import { metricNamesOf } from '../../../../lib/cloudwatch/monitoring/metric-names.ts';
import { compileRegex } from '../../../../lib/prometheus/regex.ts';

describe('metricNamesOf', () => {
  const finite: readonly { selector: string; expected: readonly string[] }[] = [
    { selector: '^up$', expected: ['up'] },
    { selector: '^a_(?:b|c)_d$', expected: ['a_b_d', 'a_c_d'] },
    { selector: '^jvm_threads_(current|daemon)$', expected: ['jvm_threads_current', 'jvm_threads_daemon'] },
    { selector: '^a(b|c)?d$', expected: ['abd', 'acd', 'ad'] },
    { selector: '^a(|_total)$', expected: ['a', 'a_total'] },
    { selector: '^a$|^b$', expected: ['a', 'b'] },
    { selector: '^(a|(b|c)d)_[xy]$', expected: ['a_x', 'a_y', 'bd_x', 'bd_y', 'cd_x', 'cd_y'] },
    { selector: '^a\\.b$', expected: ['a.b'] },
    { selector: '^a(b|b)$', expected: ['ab'] },
    { selector: '^$', expected: [''] },
  ];
  it.each(finite)('lists what $selector matches', ({ selector, expected }) => {
    expect(metricNamesOf(selector)).toEqual(expected);
    for (const name of expected) expect(compileRegex(selector).search(name)).toBe(true);
  });

  const endless = [
    ...['nginx_.*', '^nginx_.*$', '^a', 'a$', '^a.b$', '^a+$', '^a*$', '^a{2}$', '^a[0-9]$', '^a\\d$', '^a[^b]$'],
    ...['^a$|b', '^a(?i)b$', '(?i)^a$', '^a(?P<n>b)$', '^a??$', '^a(b$', '^a)b$', '^a$b$', '^^a$', '^[]$', '', '^a|b$'],
  ];
  it.each(endless)('gives up on %s', (selector) => {
    expect(metricNamesOf(selector)).toBeUndefined();
  });

  it('gives up on more than 50 names', () => {
    const names = (count: number) => `^(?:${Array.from({ length: count }, (_, index) => `n${index}`).join('|')})$`;
    expect(metricNamesOf(names(50))).toHaveLength(50);
    expect(metricNamesOf(names(51))).toBeUndefined();
    expect(metricNamesOf('^(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)$')).toBeUndefined();
  });
});
