// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of compose files.
import { expect, test } from 'vitest';
import { interpolate } from '../../../../lib/compose/file/interpolate.ts';

const variables = { SET: 'value', EMPTY: '', PORT: '1234', A: 'a', B: 'b' };

const texts = [
  { name: 'a plain reference', text: '$SET!', expected: 'value!' },
  { name: 'a reference in braces', text: 'a${SET}b', expected: 'avalueb' },
  { name: 'a name as long as it goes', text: '$SET_not', expected: '', unset: ['SET_not'] },
  { name: 'an unset variable', text: '^c_$NOPE$', expected: '^c_$', unset: ['NOPE'] },
  { name: 'a default for unset or empty', text: '${NOPE:-d}${EMPTY:-e}${SET:-f}', expected: 'devalue' },
  { name: 'a default for unset alone', text: '${NOPE-d}${EMPTY-e}', expected: 'd' },
  { name: 'a default with references', text: '${NOPE:-${GONE:-$PORT}}', expected: '1234' },
  { name: 'a default that is not needed', text: '${SET:-$NOPE}', expected: 'value' },
  { name: 'a default with a regular expression', text: '^${NOPE:-d{2}}$', expected: '^d{2}$' },
  { name: 'another value when set', text: '${SET:+x$A}${EMPTY:+y}${EMPTY+z}${NOPE+n}', expected: 'xaz' },
  { name: 'a variable that must be set', text: '${SET:?gone}${EMPTY?gone}', expected: 'value' },
  { name: 'an escaped dollar', text: '^b$$|$${SET}', expected: '^b$|${SET}' },
  { name: 'a lone dollar', text: '^a$|(b$)|$5|$', expected: '^a$|(b$)|$5|$' },
  { name: 'references of CloudFormation', text: '${AWS::Region} ${!Literal}', expected: '${AWS::Region} ${!Literal}' },
  { name: 'a default with an unpaired brace, up to the last one', text: '${NOPE:-a{}b', expected: 'a{b' },
  { name: 'what is in a reference once', text: '${NOPE:-$A${B}}-${NOPE:-$A}', expected: 'ab-a' },
  { name: 'braces that never close', text: '${SET', expected: '${SET' },
  {
    name: 'names no environment inherits',
    text: '${toString}${__proto__}',
    expected: '',
    unset: ['toString', '__proto__'],
  },
];

test.each(texts)('replaces $name', ({ text, expected, unset = [] }) => {
  expect(interpolate(text, variables)).toMatchObject({ text: expected, unset, missing: [] });
});

test.each([
  ['${NOPE:?say why}', 'expected the variable NOPE to be set (say why), found nothing; set it and render again'],
  ['${EMPTY:?}', 'expected the variable EMPTY to be set, found nothing; set it and render again'],
  ['${NOPE?$A}', 'expected the variable NOPE to be set (a), found nothing; set it and render again'],
])('reports %s', (text, message) => {
  expect(interpolate(text, variables).missing).toEqual([message]);
});

test('takes time in proportion to a hostile text', () => {
  const start = performance.now();
  expect(interpolate('${A:-'.repeat(200_000), variables).text).toHaveLength(1_000_000);
  expect(performance.now() - start).toBeLessThan(2000);
});

test('keeps escapes when asked to, as ECS Compose-X does', () => {
  expect(interpolate('^b$$', variables, 'keep').text).toBe('^b$$');
});
