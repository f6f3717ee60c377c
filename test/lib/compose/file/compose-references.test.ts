// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of compose files.
import { expect, test } from 'vitest';
import { filesNamedBy } from '../../../../lib/compose/file/compose-references.ts';

const cases = [
  {
    name: 'include, in every syntax',
    text: 'include: [a.yaml, {path: b.yaml}, {path: [c.yaml, a.yaml]}]',
    expected: ['a.yaml', 'b.yaml', 'c.yaml'],
  },
  {
    name: 'extends',
    text: 'services: {a: {extends: {file: ./a.yaml, service: b}}, b: {extends: a}}',
    expected: ['./a.yaml'],
  },
  {
    name: 'ScrapingConfigurationFile',
    text: 'services: {a: {x-prometheus: {ContainersInsights: {ScrapingConfiguration: {ScrapingConfigurationFile: s.yaml}}}}}',
    expected: ['s.yaml'],
  },
  { name: 'variables', text: 'include: ["${STAGE}.yaml", "${GONE:-d}.yaml"]', expected: ['prod.yaml', 'd.yaml'] },
  { name: 'all documents', text: 'include: [a.yaml]\n---\ninclude: [b.yaml]', expected: ['a.yaml', 'b.yaml'] },
  { name: 'nothing in a file that cannot be read', text: 'include: [', expected: [] },
];

test.each(cases)('finds files under $name', ({ text, expected }) => {
  expect(filesNamedBy({ file: 'compose.yaml', text }, { STAGE: 'prod' })).toEqual(expected);
});
