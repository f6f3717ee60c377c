import { describe, expect, it } from 'vitest';
import { formatOf } from '../../../lib/prometheus/content-type.ts';
import type { ExpositionFormat } from '../../../lib/prometheus/exposition.ts';
import { parseExposition } from '../../../lib/prometheus/exposition-stream.ts';
import { compileRegex } from '../../../lib/prometheus/regex.ts';
import { compileRelabel, relabelConfigFault } from '../../../lib/prometheus/relabel.ts';

/** Verdicts of Prometheus's Go packages on inputs that a differential run against them turned up. */
describe('the exposition parsers', () => {
  const bytes = (text: string) => Buffer.from(text, 'latin1');
  const rows: readonly {
    name: string;
    format?: ExpositionFormat;
    body: Buffer;
    names: readonly string[] | 'rejected';
  }[] = [
    { name: 'a broken letter as the separator of a help text', body: bytes('# HELP x\xe9\na 1\n'), names: ['a'] },
    { name: 'a letter that the separator cuts in two', body: Buffer.from('# HELP x\u00e9\n'), names: 'rejected' },
    { name: 'a NUL byte behind the name of a help text', body: bytes('# HELP x\0\n'), names: 'rejected' },
    { name: 'a NUL byte as the first of a comment', body: bytes('# \0\na 1\n'), names: [] },
    { name: 'a NUL byte later in a comment', body: bytes('# x\0\na 1\n'), names: ['a'] },
    { name: 'a NUL byte in a label value', body: bytes('a{b="\0"} 1\n'), names: ['a'] },
    { name: 'a NUL byte in a quoted name', body: bytes('{"\0"} 1\n'), names: 'rejected' },
    {
      name: 'exemplar labels without a comma',
      format: 'openmetrics',
      body: bytes('a 1 # {b="1"c="2"} 5\n# EOF\n'),
      names: 'rejected',
    },
    {
      name: '_created as the first series of a counter, a gauge before it',
      format: 'openmetrics',
      body: bytes('# TYPE g gauge\ng 1\n# TYPE a counter\na_created 1\na_total 2\na_created 1\n# EOF\n'),
      names: ['g', 'a_created', 'a_total'],
    },
  ];
  it.each(rows)('answer $name', ({ format = 'text', body, names }) => {
    const found: string[] = [];
    const parse = () => parseExposition(format, body, { sample: (name) => found.push(name) });
    if (names === 'rejected') expect(parse).toThrow();
    else {
      parse();
      expect(found).toEqual(names);
    }
  });
});

describe('relabelConfigFault', () => {
  it.each([
    [{ action: 'labelkeep', source_labels: [] }, 'action labelkeep takes no source_labels'],
    [{ action: 'dropequal', target_label: 'a', regex: '(.*)' }, 'action dropequal takes no regex'],
    [{ action: 'dropequal', target_label: 'a', source_labels: ['b'] }, undefined],
  ] as const)('of %j is %j', (config, fault) => {
    expect(relabelConfigFault(config, 'utf8')).toBe(fault);
  });
});

describe('compileRelabel', () => {
  it('writes an upper-case letter with iota as one letter', () => {
    const upper = compileRelabel([{ action: 'uppercase', source_labels: ['a'], target_label: 'b' }], 'utf8');
    expect(upper(new Map([['a', '\u1fb3\u1f80']]))?.get('b')).toBe('\u1fbc\u1f88');
  });

  it('maps labels in the order of their bytes', () => {
    const map = compileRelabel([{ action: 'labelmap', regex: '[^x]', replacement: 'x' }], 'utf8');
    const labels = new Map([
      ['\u{1f600}', 'last'],
      ['\ue000', 'first'],
    ]);
    expect(map(labels)?.get('x')).toBe('last');
  });
});

describe('compileRegex', () => {
  it.each(['\\p{lu}', '\\p{greek}', '\\p{Letter}', '\\p{Uppercase_Letter}', '[\\P{lu}]'])('takes %s', (pattern) => {
    expect(compileRegex(pattern).pattern).toBe(pattern);
  });

  it('takes class names for what they are', () => {
    expect(['A', 'a', '\u03b1'].map(compileRegex('^\\p{uppercase_letter}$').search)).toEqual([true, false, false]);
  });
});

describe('formatOf', () => {
  it('takes a parameter twice if it says the same', () => {
    expect(formatOf('text/plain; a=b; a="b"', undefined)).toBe('text');
    expect(() => formatOf('text/plain; a=b; a=c', undefined)).toThrow('expected Content-Type');
  });
});
