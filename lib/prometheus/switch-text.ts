import * as v from 'valibot';
import { foundOf } from '../document/schema.ts';

/** Source: go.yaml.in/yaml/v2, resolve.go; the words of YAML 1.1 in these three spellings each. */
const WORDS: ReadonlyMap<string, boolean> = new Map(
  ['y', 'yes', 'true', 'on', 'n', 'no', 'false', 'off'].flatMap((word) => {
    const spellings = [word, `${word.charAt(0).toUpperCase()}${word.slice(1)}`, word.toUpperCase()];
    return spellings.map((spelling): [string, boolean] => [spelling, /^(?:y|t|on)/.test(word)]);
  }),
);

/** A boolean that was read as text, as Go's YAML takes it; nothing is false. */
export const switchText = v.pipe(
  v.nullable(
    v.picklist([...WORDS.keys()], (issue) => `expected true or false, found ${foundOf(issue.input)}`),
    'false',
  ),
  v.transform((value) => WORDS.get(value) === true),
);
