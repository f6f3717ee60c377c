import { RE2JS } from 're2js';
import { messageOf } from '../document/problem.ts';

/** A compiled RE2 pattern. Source of the semantics: Go's regexp package, which Prometheus and the agent use. */
export type Regex = {
  readonly pattern: string;
  /** Whether the pattern is found anywhere in the text. */
  readonly search: (text: string) => boolean;
  /** The groups of the leftmost match (the whole match first), or nothing. A group that took no part is undefined. */
  readonly match: (text: string) => readonly (string | undefined)[] | undefined;
  /** Fills `$1`, `${1}`, `$name` and `${name}` of the template with the groups of a match. */
  readonly expand: (template: string, groups: readonly (string | undefined)[]) => string;
  /** The text with every match replaced by the expanded template. */
  readonly replaceAll: (text: string, template: string) => string;
};

/**
 * Compiles an RE2 pattern.
 * @throws {Error} naming the pattern, for anything RE2 does not accept (look-around, back-references, ...).
 */
export function compileRegex(pattern: string): Regex {
  return compileAs(pattern, pattern);
}

/** Compiles `pattern`; errors name `written`. */
function compileAs(pattern: string, written: string): Regex {
  const compiled = compile(pattern, written);
  const names = groupNames(pattern, compiled.groupCount());

  const match = (text: string): (string | undefined)[] | undefined => {
    const matcher = compiled.matcher(text);
    return matcher.find() ? groupsOf(matcher, compiled.groupCount()) : undefined;
  };
  const expand = (template: string, groups: readonly (string | undefined)[]) =>
    template.replace(REFERENCE, (whole, braced: string | undefined, plain: string | undefined) => {
      if (whole === '$$') return '$';
      return groupNamed(braced ?? plain ?? '', groups, names) ?? '';
    });
  const replaceAll = (text: string, template: string): string => {
    const matcher = compiled.matcher(text);
    let replaced = '';
    let copied = 0;
    let previousEnd = -1;
    while (matcher.find()) {
      // As Go: an empty match right after the previous match does not count.
      if (matcher.end() === matcher.start() && matcher.start() === previousEnd) continue;
      replaced += text.slice(copied, matcher.start()) + expand(template, groupsOf(matcher, compiled.groupCount()));
      copied = matcher.end();
      previousEnd = matcher.end();
    }
    return replaced + text.slice(copied);
  };
  return { pattern: written, search: (text) => compiled.matcher(text).find(), match, expand, replaceAll };
}

/** The pattern as relabel_config anchors it: by text, so that an unbalanced `a)|(?s:b` compiles as in Prometheus. */
export function compileAnchoredRegex(pattern: string): Regex {
  return compileAs(`^(?s:${pattern})$`, pattern);
}

/** `$$`, `${name}` or `$name`; Go takes letters and digits of any script. A `$` before anything else stays itself. */
const REFERENCE = /\$\$|\$\{([\p{L}\p{Nd}_]+)\}|\$([\p{L}\p{Nd}_]+)/gu;

type Matcher = ReturnType<RE2JS['matcher']>;

/** One pattern is compiled for many families, and again where it is checked; a bound keeps hostile ones few. */
const compiledPatterns = new Map<string, RE2JS>();
const MAX_COMPILED_PATTERNS = 2000;

function compileOnce(pattern: string): RE2JS {
  const known = compiledPatterns.get(pattern);
  if (known !== undefined) return known;
  const compiled = RE2JS.compile(pattern);
  if (compiledPatterns.size >= MAX_COMPILED_PATTERNS) compiledPatterns.clear();
  compiledPatterns.set(pattern, compiled);
  return compiled;
}

function compile(pattern: string, written: string): RE2JS {
  try {
    return compileOnce(pattern);
  } catch (error) {
    // What Go accepts beside: a name for two groups (names matter in templates only, where they are looked up
    // here), and class names in any case or written out.
    const accepted = isDuplicateName(error) ? withoutNames(pattern) : withClassNames(pattern);
    if (accepted !== pattern) return compile(accepted, written);
    const reason = messageOf(error);
    throw new Error(`expected an RE2 regular expression, found ${JSON.stringify(written)}: ${reason}`, {
      cause: error,
    });
  }
}

function groupsOf(matcher: Matcher, count: number): (string | undefined)[] {
  return Array.from({ length: count + 1 }, (_, index) => matcher.group(index) ?? undefined);
}

function groupNamed(
  name: string,
  groups: readonly (string | undefined)[],
  names: readonly string[],
): string | undefined {
  if (/^(0|[1-9][0-9]{0,7})$/.test(name)) return groups[Number(name)];
  return groups.find((group, index) => names[index] === name && group !== undefined);
}

/** General categories by the first letters of their long names. Source: Unicode property value aliases. */
const CATEGORIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    letter: 'L',
    uppercaseletter: 'Lu',
    lowercaseletter: 'Ll',
    titlecaseletter: 'Lt',
    modifierletter: 'Lm',
    otherletter: 'Lo',
    mark: 'M',
    nonspacingmark: 'Mn',
    spacingmark: 'Mc',
    enclosingmark: 'Me',
    number: 'N',
    decimalnumber: 'Nd',
    letternumber: 'Nl',
    othernumber: 'No',
    punctuation: 'P',
    symbol: 'S',
    mathsymbol: 'Sm',
    currencysymbol: 'Sc',
    modifiersymbol: 'Sk',
    othersymbol: 'So',
    separator: 'Z',
    spaceseparator: 'Zs',
    other: 'C',
    control: 'Cc',
    format: 'Cf',
  }),
);

/** The pattern with the class names of `\\p{...}` in their short and canonical spelling. */
function withClassNames(pattern: string): string {
  return pattern.replace(/(?<!\\)((?:\\\\)*\\[pP]\{\^?)([A-Za-z_]+)\}/g, (_, opening: string, name: string) => {
    const plain = name.toLowerCase().replaceAll('_', '');
    const canonical = name.toLowerCase().replace(/(?:^|_)[a-z]/g, (letter) => letter.toUpperCase());
    return `${opening}${CATEGORIES.get(plain) ?? canonical}}`;
  });
}

function isDuplicateName(error: unknown): boolean {
  return error instanceof Error && error.message.includes('duplicate capture group name');
}

/** Escapes and classes (to be passed over), or an opening bracket that captures: `(x`, `(?P<name>x`, `(?<name>x`. */
const OPENINGS = /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\]|\((?:\?P?<(\w+)>|(?!\?))/g;

function withoutNames(pattern: string): string {
  return pattern.replace(OPENINGS, (text, name: string | undefined) => (name === undefined ? text : '('));
}

/** The name of each capturing group by its number; unnamed groups have the name ''. */
function groupNames(pattern: string, count: number): string[] {
  const names = [''];
  for (const [text, name] of pattern.matchAll(OPENINGS)) if (text.startsWith('(')) names.push(name ?? '');
  while (names.length <= count) names.push('');
  return names;
}
