import type { Path } from '../../document/document.ts';
import { ConfigError } from '../../document/problem.ts';
import { foundOf } from '../../document/schema.ts';
import type { Merging } from './compose-merge.ts';
import type { LocatedReader } from './located-reader.ts';
import type { LocatedValue } from './located-value.ts';

/** More values than merging the largest project copies, fewer than services that extend each other can make. */
const MAX_COPIES = 2_000_000;

/** Merging of the values that a reader reads; a list over a mapping is an error where it would be used. */
export function createMerging(reader: LocatedReader): Merging {
  let copies = 0;
  return {
    peek: reader.peek,
    refuse: (base, over, path) => {
      if (!isUsed(path)) return;
      const { file, line, column } = base.place;
      const text = `expected ${kindOf(base)} as at ${file}:${line}:${column}, found ${kindOf(over)}; write the same, or replace it with !override`;
      reader.report('error', over.place, path, text);
    },
    spend: (values, place) => {
      copies += values;
      if (copies <= MAX_COPIES) return;
      const text = `expected at most ${MAX_COPIES} values to merge, found more; services that extend one another multiply them`;
      throw new ConfigError([{ severity: 'error', place, path: '', text }]);
    },
  };
}

/** Keys of a service that something reads, beside the extensions. */
const USED = new Set(['labels', 'deploy', 'ports', 'expose', 'depends_on', 'profiles', 'x-prometheus', 'x-prom-emf']);

function isUsed([section, , key, part]: Path): boolean {
  if (section !== 'services') return section === 'x-prometheus' || section === 'x-prom-emf';
  return key === undefined || (USED.has(String(key)) && (key !== 'deploy' || part === undefined || part === 'labels'));
}

function kindOf(value: LocatedValue): string {
  return value.kind === 'scalar' ? foundOf(value.value) : `a ${value.kind}`;
}
