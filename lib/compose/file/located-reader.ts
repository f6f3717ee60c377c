import type { LocatedDocument, Path } from '../../document/document.ts';
import { formatPath, type Place, type Problem } from '../../document/problem.ts';
import { type Escapes, type Interpolation, interpolate, type Variables } from './interpolate.ts';
import type { LocatedScalar, LocatedValue } from './located-value.ts';

/** A plain value that knows the places of its parts and of the keys they stand under. */
export type LocatedSection = LocatedDocument & { readonly keyPlace: (path: Path) => Place };

/** Gives the values of a located tree with their variables replaced; what cannot be replaced is a problem. */
export type LocatedReader = {
  /** The text of a scalar; nothing for an absent or empty value, a list or a mapping. */
  readonly text: (value: LocatedValue | undefined, path: Path) => string | undefined;
  /** The text of a scalar before anyone asks for it: nothing is reported. */
  readonly peek: (value: LocatedScalar) => unknown;
  readonly report: (severity: Problem['severity'], place: Place, path: Path, text: string) => void;
  /** The plain value and its places. `isFlag`: whether an interpolated `true` or `false` at a path is a boolean. */
  readonly document: (value: LocatedValue, path: Path, isFlag?: (path: Path) => boolean) => LocatedSection;
};

export function createReader(variables: Variables, problems: Problem[], escapes: Escapes): LocatedReader {
  const report: LocatedReader['report'] = (severity, place, path, text) => {
    problems.push({ severity, place, path: formatPath(path), text });
  };

  /** Nothing: there are no variables in it. */
  function replace({ value, literal }: LocatedScalar): Interpolation | 'too deep' | undefined {
    if (typeof value !== 'string' || literal || !value.includes('$')) return undefined;
    try {
      return interpolate(value, variables, escapes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return 'too deep';
    }
  }

  function scalar(written: LocatedScalar, path: Path): { value: unknown; changed: boolean } {
    const { value, place } = written;
    const interpolation = replace(written);
    if (interpolation === undefined) return { value, changed: false };
    if (interpolation === 'too deep') {
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

  function plain(value: LocatedValue, path: Path, isFlag: (path: Path) => boolean): unknown {
    if (value.kind === 'list') return value.items.map((item, index) => plain(item, [...path, index], isFlag));
    if (value.kind === 'mapping') {
      // Without a prototype, so that a key called __proto__ is a key as any other.
      const mapping: Record<string, unknown> = Object.create(null);
      for (const [key, entry] of value.entries) {
        if (entry.value.tag !== 'reset') mapping[key] = plain(entry.value, [...path, key], isFlag);
      }
      return mapping;
    }
    const read = scalar(value, path);
    const isBoolean = read.changed && /^(true|false)$/.test(String(read.value)) && isFlag(path);
    return isBoolean ? read.value === 'true' : read.value;
  }

  return {
    text: (value, path) => {
      if (value?.kind !== 'scalar' || value.value === null) return undefined;
      return value.text ?? String(scalar(value, path).value);
    },
    peek: (value) => {
      const interpolation = replace(value);
      return typeof interpolation === 'object' ? interpolation.text : value.value;
    },
    report,
    document: (value, path, isFlag = () => false) => ({
      file: value.place.file,
      value: plain(value, path, isFlag),
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
