/** Variables of the environment: name -> value. */
export type Variables = Readonly<Record<string, string>>;

/** A text with its references replaced, and what could not be. */
export type Interpolation = {
  readonly text: string;
  /** Whether the text held a reference to a variable. */
  readonly changed: boolean;
  /** Names of variables that are not set and have no default: they became empty. */
  readonly unset: readonly string[];
  /** One message for each `${X:?message}` whose variable is missing. */
  readonly missing: readonly string[];
};

/** `unescape`: `$$` becomes `$`, as the Compose Specification says. `keep`: it stays, as in ECS Compose-X. */
export type Escapes = 'unescape' | 'keep';

/**
 * Replaces `$X`, `${X}`, `${X:-default}`, `${X-default}`, `${X:?message}`, `${X?message}`, `${X:+other}` and
 * `${X+other}`; the word after an operator may hold references of its own. Everything else that starts with a
 * dollar stays as it is, so that regular expressions (`^a$`, `$5`) and CloudFormation's `${AWS::Region}` and
 * `${!Literal}` survive. Source: the Compose Specification, "Interpolation"; what to keep is our decision.
 */
export function interpolate(text: string, variables: Variables, escapes: Escapes = 'unescape'): Interpolation {
  const findings: Findings = { unset: [], missing: [], changed: false };
  const expanded = expand([0, text.length], { text, braces: pairBraces(text), variables, escapes, findings });
  return { text: expanded, ...findings };
}

type Findings = { unset: string[]; missing: string[]; changed: boolean };
type Scope = {
  readonly text: string;
  readonly braces: Braces;
  readonly variables: Variables;
  readonly escapes: Escapes;
  readonly findings: Findings;
};
type Operator = ':-' | '-' | ':?' | '?' | ':+' | '+';
/** A part of the text, from its first character to the one behind its last. */
type Span = readonly [start: number, end: number];
type Reference = { readonly name: string; readonly operator?: Operator; readonly word: Span; readonly end: number };

function expand([start, end]: Span, scope: Scope): string {
  const { text } = scope;
  let expanded = '';
  let at = start;
  for (let dollar = text.indexOf('$', at); dollar >= 0 && dollar < end; dollar = text.indexOf('$', at)) {
    expanded += text.slice(at, dollar);
    if (text[dollar + 1] === '$' && dollar + 1 < end) {
      expanded += scope.escapes === 'unescape' ? '$' : '$$';
      at = dollar + 2;
      continue;
    }
    const reference = referenceAt([dollar, end], scope);
    expanded += reference === undefined ? '$' : replacementOf(reference, scope);
    at = reference?.end ?? dollar + 1;
  }
  return expanded + text.slice(at, end);
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /:?[-?+]/y;

function referenceAt([dollar, limit]: Span, { text, braces }: Scope): Reference | undefined {
  const open = dollar + 1;
  const isBraced = text[open] === '{' && open < limit;
  const start = isBraced ? open + 1 : open;
  const name = matchAt(NAME, text, start)?.slice(0, Math.max(limit - start, 0));
  if (!name) return undefined;
  const end = start + name.length;
  if (!isBraced) return { name, word: [end, end], end };
  if (text[end] === '}' && end < limit) return { name, word: [end, end], end: end + 1 };
  const operator = matchAt(OPERATOR, text, end) as Operator | undefined;
  const closing = operator === undefined ? -1 : closingBrace(braces, [open, limit]);
  if (operator === undefined || closing < end + operator.length) return undefined;
  return { name, operator, word: [end + operator.length, closing], end: closing + 1 };
}

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}

/** For each index of a text: the brace that closes the one there, or 0, and the last closing brace up to it, or -1. */
type Braces = { readonly closing: Int32Array; readonly before: Int32Array };

/** Braces come in pairs, those of a regex's `{2}` included. One pass, as a hostile text opens many. */
function pairBraces(text: string): Braces {
  const closing = new Int32Array(text.length);
  const before = new Int32Array(text.length);
  const open: number[] = [];
  let last = -1;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '{') open.push(at);
    if (text[at] === '}') {
      closing[open.pop() ?? at] = at;
      last = at;
    }
    before[at] = last;
  }
  return { closing, before };
}

/** The brace that closes the one at `open`; where they do not pair, the last one there is, as in compose-go. */
function closingBrace({ closing, before }: Braces, [open, limit]: Span): number {
  const paired = closing[open] ?? 0;
  return paired > 0 && paired < limit ? paired : (before[limit - 1] ?? -1);
}

function replacementOf({ name, operator, word }: Reference, scope: Scope): string {
  const { findings } = scope;
  findings.changed = true;
  const value = Object.hasOwn(scope.variables, name) ? scope.variables[name] : undefined;
  // With a colon an empty value counts as missing.
  const present = operator?.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
  switch (operator) {
    case undefined:
      if (value === undefined) findings.unset.push(name);
      return value ?? '';
    case ':-':
    case '-':
      return present ? (value ?? '') : expand(word, scope);
    case ':+':
    case '+':
      return present ? expand(word, scope) : '';
    case ':?':
    case '?':
      if (!present) findings.missing.push(missingMessage(name, expand(word, scope)));
      return value ?? '';
    default:
      return operator satisfies never;
  }
}

function missingMessage(name: string, reason: string): string {
  return `expected the variable ${name} to be set${reason === '' ? '' : ` (${reason})`}, found nothing; set it and render again`;
}
