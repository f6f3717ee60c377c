/** More names than these are found by a search instead. */
const MAX_NAMES = 50;

type Reader = { readonly text: string; at: number };

/**
 * The metric names that a selector matches, where they are a finite list of at most 50: literals, escaped characters,
 * groups, alternatives, `?` and classes of single characters, anchored at both ends. Nothing for any other pattern.
 */
export function metricNamesOf(selector: string): readonly string[] | undefined {
  const reader = { text: selector, at: 0 };
  const names = readAlternatives(reader, true);
  return names === undefined || reader.at < selector.length ? undefined : [...new Set(names)];
}

/** `a|b`, up to the closing bracket of the group it is in. */
function readAlternatives(reader: Reader, anchored: boolean): string[] | undefined {
  const names: string[] = [];
  do {
    const sequence = readSequence(reader, anchored);
    if (sequence === undefined || names.length + sequence.length > MAX_NAMES) return undefined;
    names.push(...sequence);
  } while (skip(reader, '|'));
  return names;
}

function readSequence(reader: Reader, anchored: boolean): string[] | undefined {
  if (anchored && !skip(reader, '^')) return undefined;
  let names = [''];
  while (reader.at < reader.text.length && !/[|)$]/.test(reader.text.charAt(reader.at))) {
    const atom = readAtom(reader);
    if (atom === undefined) return undefined;
    const choices = skip(reader, '?') ? [...atom, ''] : atom;
    // Anything that repeats is infinite, or a form that metric names are not written in.
    if (/[*+?{]/.test(reader.text.charAt(reader.at))) return undefined;
    if (names.length * choices.length > MAX_NAMES) return undefined;
    names = names.flatMap((start) => choices.map((end) => start + end));
  }
  return !anchored || skip(reader, '$') ? names : undefined;
}

function readAtom(reader: Reader): string[] | undefined {
  if (skip(reader, '(')) return readGroup(reader);
  if (skip(reader, '[')) return readClass(reader);
  if (skip(reader, '\\')) return readLiteral(reader, /[^A-Za-z0-9]/);
  return readLiteral(reader, /[^.^$*+?{}[\]()|\\]/);
}

function readGroup(reader: Reader): string[] | undefined {
  if (skip(reader, '?') && !skip(reader, ':')) return undefined;
  const names = readAlternatives(reader, false);
  return names !== undefined && skip(reader, ')') ? names : undefined;
}

function readClass(reader: Reader): string[] | undefined {
  const end = reader.text.indexOf(']', reader.at);
  const members = reader.text.slice(reader.at, end);
  if (end < 0 || !/^[A-Za-z0-9_:]+$/.test(members)) return undefined;
  reader.at = end + 1;
  return [...members];
}

function readLiteral(reader: Reader, allowed: RegExp): string[] | undefined {
  const character = reader.text.charAt(reader.at);
  if (!allowed.test(character)) return undefined;
  reader.at += 1;
  return [character];
}

function skip(reader: Reader, character: string): boolean {
  if (reader.text.charAt(reader.at) !== character) return false;
  reader.at += 1;
  return true;
}
