import { describe, expect, test } from 'vitest';
import { isLeftToAgent } from '../../lib/documents.ts';

describe('isLeftToAgent', () => {
  const options = (text: string) => ({ options: { address: 'options.json', text } });

  test.each([
    ['documents rendered for an agent', options('{"version":1,"engine":"agent"}'), true],
    ['documents rendered for the functions', options('{"version":1,"engine":"lambda"}'), false],
    ['options that do not say', options('{}'), false],
    ['documents without options', {}, false],
  ])('of %s: %s', (_, texts, expected) => {
    expect(isLeftToAgent(texts)).toBe(expected);
  });

  test('refuses another engine at its place', () => {
    expect(() => isLeftToAgent(options('{"engine":"prometheus"}'))).toThrow(
      'options.json:1:11: error: engine: expected one of lambda, agent, found "prometheus"',
    );
  });
});
