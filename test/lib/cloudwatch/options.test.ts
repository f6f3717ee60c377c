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
        'options.json:1:12: error: profil: unknown key "profil"; known keys: version, engine, profile, histograms, untyped, unselected, storage_resolution, aggregate, state_max_age, report_series, entity, discovery, paused, namespace_suffix',
    },
    {
      name: 'an aggregation by a pattern that does not compile',
      input: '{"aggregate": [{"match": "(", "by": [], "as": "sum"}]}',
      expected: 'options.json:1:26: error: aggregate[0].match: ',
    },
    {
      name: 'an aggregation of both kinds',
      input: '{"aggregate": [{"match": "a", "by": [], "without": [], "as": "sum"}]}',
      expected:
        'options.json:1:16: error: aggregate[0]: expected either by (the labels that are kept) or without (those that are given up)',
    },
    {
      name: 'an age that is no duration',
      input: '{"state_max_age": "soon"}',
      expected: 'options.json:1:19: error: state_max_age: expected a duration such as 15s, 1m or 1h30m, found "soon"',
    },
    {
      name: 'another resolution',
      input: '{"storage_resolution": 30}',
      expected: 'options.json:1:24: error: storage_resolution: expected "auto", 1 or 60, found 30',
    },
    { name: 'nothing', input: 'null', expected: 'options.json:1:1: error: expected a mapping, found nothing' },
  ];
  it.each(errors)('refuses $name', ({ input, expected }) => {
    expect(() => read(input)).toThrow(expected);
  });
});
