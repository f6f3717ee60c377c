import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** What converts samples in lib, and so is held to the reference. */
const CONVERSION = [
  /^lib\/[^/]*$/,
  /^lib\/prometheus\/(exposition-.*|series-.*|plain-line|name-table|samples|label-keys|labels|flat-text|json-string)\.ts$/,
  /^lib\/prometheus\/(scrape-state|counter-delta|histogram|group-by)\.ts$/,
  /^lib\/cloudwatch\/(candidate|convert|combine|distribution|emf|emission.*|metric-declaration|memo)\.ts$/,
  /^lib\/cloudwatch\/(typed-sample|histogram-parts|aggregation|entity)\.ts$/,
];

/** The modules whose values a file uses; types are not there when it runs. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const imports = [...text.matchAll(/^(?:import|export)\s+(?!type\s)([^'";]*)from\s*'(\.[^']+)'/gm)];
  const ofValues = imports.filter(([, names = '']) => !/^\{(?:\s*type\s[^,}]*,?)+\s*\}\s*$/.test(names));
  return ofValues.map(([, , from = '']) => relative(ROOT, join(ROOT, file, '..', from)));
}

describe('the reference', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => !name.endsWith('.test.ts'));

  it.each(files)('%s uses nothing of the conversion in lib', (name) => {
    const used = importsOf(`test/reference/${name}`);
    expect(used.filter((file) => CONVERSION.some((pattern) => pattern.test(file)))).toEqual([]);
  });

  it('uses of lib what reads configurations, numbers and media types, and what CloudWatch limits', () => {
    const used = files.flatMap((name) => importsOf(`test/reference/${name}`));
    expect([...new Set(used.filter((file) => file.startsWith('lib/')))].sort()).toEqual([
      'lib/cloudwatch/agent-config.ts',
      'lib/cloudwatch/limits.ts',
      'lib/cloudwatch/metadata-unit.ts',
      'lib/document/problem.ts',
      'lib/prometheus/content-type.ts',
      'lib/prometheus/duration.ts',
      'lib/prometheus/exposition.ts',
      'lib/prometheus/go-float.ts',
      'lib/prometheus/regex.ts',
    ]);
  });
});
