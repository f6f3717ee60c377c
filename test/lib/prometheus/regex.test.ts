import { describe, expect, it } from 'vitest';
import { compileAnchoredRegex, compileRegex } from '../../../lib/prometheus/regex.ts';

describe('compileRegex', () => {
  const searches: readonly { name: string; pattern: string; input: string; expected: boolean }[] = [
    { name: 'anywhere in the text', pattern: 'b', input: 'abc', expected: true },
    { name: 'where it is anchored', pattern: '^b', input: 'abc', expected: false },
    { name: 'in a text of several lines, anchors at its ends only', pattern: '^b$', input: 'a\nb', expected: false },
    { name: 'without regard to case where it says so', pattern: '(?i)B', input: 'abc', expected: true },
    { name: 'with . for any character but a line break', pattern: '^.$', input: '\n', expected: false },
    { name: 'with . for a character outside the BMP', pattern: '^.$', input: '😀', expected: true },
    { name: 'with an empty pattern', pattern: '', input: '', expected: true },
  ];
  it.each(searches)('searches $name', ({ pattern, input, expected }) => {
    expect(compileRegex(pattern).search(input)).toBe(expected);
  });

  it('gives the groups of the leftmost match, undefined for one that took no part', () => {
    expect(compileRegex('a(b)?(c)').match('xacac')).toEqual(['ac', undefined, 'c']);
  });

  it('gives nothing without a match', () => {
    expect(compileRegex('z').match('abc')).toBeUndefined();
  });

  const expansions: readonly { name: string; pattern: string; input: string; template: string; expected: string }[] = [
    { name: 'groups by number', pattern: 'a(b)', input: 'ab', template: '$1-${1}-$0', expected: 'b-b-ab' },
    { name: 'groups by name', pattern: '(?P<n>a)(?<m>b)', input: 'ab', template: '$n${m}', expected: 'ab' },
    { name: 'a group that is not there as nothing', pattern: 'a', input: 'a', template: '[$1][$x]', expected: '[][]' },
    { name: 'a group that took no part as nothing', pattern: 'a(b)?', input: 'a', template: '[$1]', expected: '[]' },
    { name: 'the longest name', pattern: '(?P<n>a)', input: 'a', template: '$nx ${n}x', expected: ' ax' },
    { name: 'a number with a letter behind it as a name', pattern: '(a)', input: 'a', template: '$1x', expected: '' },
    { name: 'a number with a leading zero as a name', pattern: '(a)', input: 'a', template: '[$01]', expected: '[]' },
    { name: '$$ as a dollar', pattern: 'a', input: 'a', template: '$$1', expected: '$1' },
    { name: 'a dollar before anything else as itself', pattern: 'a', input: 'a', template: '$-${$', expected: '$-${$' },
    {
      name: 'a repeated name by the group that matched',
      pattern: '(?P<n>a)|(?P<n>b)',
      input: 'b',
      template: '$n',
      expected: 'b',
    },
    { name: 'a name behind a bracket in a class', pattern: '[(](?P<n>a)', input: '(a', template: '$n', expected: 'a' },
    { name: 'a name behind an escaped bracket', pattern: '\\((?P<n>a)', input: '(a', template: '$n', expected: 'a' },
    {
      name: 'a name behind a group that does not capture',
      pattern: '(?:x)(?P<n>a)',
      input: 'xa',
      template: '$n',
      expected: 'a',
    },
  ];
  it.each(expansions)('expands $name', ({ pattern, input, template, expected }) => {
    const regex = compileRegex(pattern);
    expect(regex.expand(template, regex.match(input) ?? [])).toBe(expected);
  });

  const replacements: readonly { name: string; pattern: string; input: string; template: string; expected: string }[] =
    [
      { name: 'every match', pattern: '\\d+', input: 'a1b22', template: '#', expected: 'a#b#' },
      { name: 'groups', pattern: '(.)x', input: 'axbx', template: '<$1>', expected: '<a><b>' },
      { name: 'empty matches between characters', pattern: '', input: 'abc', template: '-', expected: '-a-b-c-' },
      { name: 'no empty match right behind a match', pattern: 'a*', input: 'baac', template: 'x', expected: 'xbxcx' },
      { name: 'whole characters', pattern: '.', input: '😀a', template: '<$0>', expected: '<😀><a>' },
      { name: 'nothing without a match', pattern: 'z', input: 'abc', template: 'x', expected: 'abc' },
    ];
  it.each(replacements)('replaces $name', ({ pattern, input, template, expected }) => {
    expect(compileRegex(pattern).replaceAll(input, template)).toBe(expected);
  });

  const errors: readonly { name: string; input: string; expected: string }[] = [
    { name: 'an open bracket', input: '(', expected: 'missing closing ): `(`' },
    { name: 'an open class', input: '[', expected: 'missing closing ]: `[`' },
    { name: 'look-ahead', input: '(?=a)', expected: 'invalid or unsupported Perl syntax: `(?=`' },
    { name: 'a back-reference', input: '(a)\\1', expected: 'invalid escape sequence: `\\1`' },
    { name: 'a nested repetition', input: 'a**', expected: 'invalid nested repetition operator: `**`' },
    { name: 'a repetition over 1000', input: 'x{1001}', expected: 'invalid repeat count: `{1001}`' },
  ];
  it.each(errors)('refuses $name', ({ input, expected }) => {
    expect(() => compileRegex(input)).toThrow(
      new Error(
        `expected an RE2 regular expression, found ${JSON.stringify(input)}: error parsing regexp: ${expected}`,
      ),
    );
  });

  it('takes linear time for a pattern that backtracks elsewhere', () => {
    expect(compileRegex('^(a+)+$').search(`${'a'.repeat(5000)}b`)).toBe(false);
  });
});

describe('compileAnchoredRegex', () => {
  const rows: readonly { name: string; pattern: string; input: string; expected: readonly string[] | undefined }[] = [
    { name: 'the whole text only', pattern: 'b', input: 'abc', expected: undefined },
    { name: 'the whole text against each alternative', pattern: 'a|b', input: 'ab', expected: undefined },
    { name: 'line breaks with .', pattern: '.*', input: 'a\nb', expected: ['a\nb'] },
    { name: 'no line break behind the text', pattern: 'a', input: 'a\n', expected: undefined },
    { name: 'an empty pattern with the empty text only', pattern: '', input: 'x', expected: undefined },
    { name: 'a pattern with anchors of its own', pattern: '^a$', input: 'a', expected: ['a'] },
    { name: 'brackets that balance through the anchoring alone', pattern: 'a)|(?s:b', input: 'xb', expected: ['b'] },
  ];
  it.each(rows)('matches $name', ({ pattern, input, expected }) => {
    expect(compileAnchoredRegex(pattern).match(input)).toEqual(expected);
  });

  it('keeps the pattern as it was written', () => {
    expect(compileAnchoredRegex('a|b').pattern).toBe('a|b');
  });

  it('names the pattern as it was written in an error', () => {
    expect(() => compileAnchoredRegex('(')).toThrow('expected an RE2 regular expression, found "(":');
  });
});
