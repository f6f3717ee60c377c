import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { optionsSchema } from '../../lib/cloudwatch/options.ts';

const REFERENCE = readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8');

test('the reference of the options document names its keys', () => {
  const named = [...REFERENCE.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key);
  const result = v.safeParse(optionsSchema, { '?': 1 });
  expect(result.issues?.[0].message).toMatch(`known keys: ${named.join(', ')}`);
});

test('the example in the reference is an options document', () => {
  const [, example = ''] = /```json\n(.*?)```/s.exec(REFERENCE) ?? [];
  expect(v.safeParse(optionsSchema, JSON.parse(example)).success).toBe(true);
});
