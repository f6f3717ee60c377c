import { describe, expect, it } from 'vitest';
import { optionsSchema } from '../../../lib/cloudwatch/options.ts';
import { parseDocument } from '../../../lib/document/document.ts';
import { readDocument } from '../../../lib/document/schema.ts';

const read = (text: string) => readDocument(optionsSchema, parseDocument(text, 'options.json'));

describe('optionsSchema', () => {
  it('fills the defaults', () => {
    expect(read('{}')).toEqual({ version: 1, profile: 'prom-emf', namespace_suffix: '' });
  });

  const errors: readonly { name: string; input: string; expected: string }[] = [
    {
      name: 'another version',
      input: '{"version": 2}',
      expected:
        'options.json:1:13: error: version: expected version 1, found 2; write 1, or use the release that wrote it',
    },
    {
      name: 'an unknown profile',
      input: '{"profile": "agent"}',
      expected: 'options.json:1:13: error: profile: expected one of prom-emf, cloudwatch-agent, found "agent"',
    },
    {
      name: 'an unknown key',
      input: '{"profil": 1}',
      expected:
        'options.json:1:12: error: profil: unknown key "profil"; known keys: version, engine, profile, untyped, unselected, namespace_suffix',
    },
    { name: 'nothing', input: 'null', expected: 'options.json:1:1: error: expected a mapping, found nothing' },
  ];
  it.each(errors)('refuses $name', ({ input, expected }) => {
    expect(() => read(input)).toThrow(expected);
  });
});
