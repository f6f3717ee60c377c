import type { Place } from '../../document/problem.ts';

/** How a value meets what an earlier file says: the Compose Specification's `!override` and `!reset` tags. */
export type MergeTag = 'merge' | 'override' | 'reset';

type Common = { readonly place: Place; readonly tag: MergeTag };
export type LocatedScalar = Common & {
  readonly kind: 'scalar';
  readonly value: unknown;
  /** What a number is as a text. */
  readonly text?: string;
  /** Its variables are replaced already. */
  readonly literal?: true;
};
export type LocatedList = Common & { readonly kind: 'list'; readonly items: readonly LocatedValue[] };
export type LocatedEntry = { readonly key: Place; readonly value: LocatedValue };
export type LocatedMapping = Common & { readonly kind: 'mapping'; readonly entries: ReadonlyMap<string, LocatedEntry> };
/** A YAML value in which every part still knows the file, line and column it was written at. */
export type LocatedValue = LocatedScalar | LocatedList | LocatedMapping;

/** The value under a key of a mapping; nothing when it is absent, reset, or `value` is no mapping. */
export function entryOf(value: LocatedValue | undefined, key: string): LocatedValue | undefined {
  const found = value?.kind === 'mapping' ? value.entries.get(key)?.value : undefined;
  return found?.tag === 'reset' ? undefined : found;
}
