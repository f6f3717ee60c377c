import type { LocatedDocument, Path } from '../document/document.ts';
import { formatPath, type Place, type Problem } from '../document/problem.ts';
import { type Escapes, type Interpolation, interpolate, type Variables } from './interpolate.ts';
import type { LocatedScalar, LocatedValue } from './located-value.ts';

/** A plain value that knows the places of its parts and of the keys they stand under. */
export type LocatedSection = LocatedDocument & { readonly keyPlace: (path: Path) => Place };

/** Gives the values of a located tree with their variables replaced; what cannot be replaced is a problem. */
export type LocatedReader = {
  /** The text of a scalar; nothing for an absent or empty value, a list or a mapping. */
  readonly text: (value: LocatedValue | undefined, path: Path) => string | undefined;
  /** The plain value and its places. `flags`: keys under which an interpolated `true` or `false` is a boolean. */
  readonly document: (value: LocatedValue, path: Path, flags?: ReadonlySet<string>) => LocatedSection;
};

export function createReader(variables: Variables, problems: Problem[], escapes: Escapes): LocatedReader {
  const report = (severity: Problem['severity'], place: Place, path: Path, text: string) =>
    problems.push({ severity, place, path: formatPath(path), text });

  function scalar({ value, place }: LocatedScalar, path: Path): { value: unknown; changed: boolean } {
    if (typeof value !== 'string' || !value.includes('$')) return { value, changed: false };
    let interpolation: Interpolation;
    try {
      interpolation = interpolate(value, variables, escapes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      report('error', place, path, 'expected a text with variables, found variables nested too deeply');
      return { value, changed: false };
    }
    for (const message of interpolation.missing) report('error', place, path, message);
    for (const name of new Set(interpolation.unset)) {
      const text = `the variable ${name} is not set and becomes empty; set it, give it a default as in \${${name}:-...}, or write $$ for a dollar`;
      report('warning', place, path, text);
    }
    return { value: interpolation.text, changed: interpolation.changed };
  }

  function plain(value: LocatedValue, path: Path, flags: ReadonlySet<string>): unknown {
    if (value.kind === 'list') return value.items.map((item, index) => plain(item, [...path, index], flags));
    if (value.kind === 'mapping') {
      // Without a prototype, so that a key called __proto__ is a key as any other.
      const mapping: Record<string, unknown> = Object.create(null);
      for (const [key, entry] of value.entries) {
        if (entry.value.tag !== 'reset') mapping[key] = plain(entry.value, [...path, key], flags);
      }
      return mapping;
    }
    const read = scalar(value, path);
    const isFlag = read.changed && flags.has(String(path.at(-1))) && /^(true|false)$/.test(String(read.value));
    return isFlag ? read.value === 'true' : read.value;
  }

  return {
    text: (value, path) => {
      if (value?.kind !== 'scalar' || value.value === null) return undefined;
      return String(scalar(value, path).value);
    },
    document: (value, path, flags = new Set()) => ({
      file: value.place.file,
      value: plain(value, path, flags),
      place: (inner) => placeIn(value, inner),
      keyPlace: (inner) => placeIn(value, inner, true),
    }),
  };
}

/** The place of the value at `path`, of its key when asked for or when it has no value, or of its nearest ancestor. */
function placeIn(value: LocatedValue, path: Path, ofKey = false): Place {
  let here = value;
  let { place } = value;
  for (const [depth, key] of path.entries()) {
    const item = here.kind === 'list' ? here.items[Number(key)] : undefined;
    const entry = here.kind === 'mapping' ? here.entries.get(String(key)) : undefined;
    const found = item ?? entry?.value;
    if (found === undefined) break;
    const isEmpty = found.kind === 'scalar' && found.value === null;
    const isKey = isEmpty || (ofKey && depth === path.length - 1);
    place = entry !== undefined && isKey ? entry.key : found.place;
    here = found;
  }
  return place;
}
