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
  const expanded = expand(text, { variables, escapes, findings });
  return { text: expanded, ...findings };
}

type Findings = { unset: string[]; missing: string[]; changed: boolean };
type Scope = { readonly variables: Variables; readonly escapes: Escapes; readonly findings: Findings };
type Operator = ':-' | '-' | ':?' | '?' | ':+' | '+';
type Reference = { readonly name: string; readonly operator?: Operator; readonly word: string; readonly end: number };

function expand(text: string, scope: Scope): string {
  let expanded = '';
  let at = 0;
  for (let dollar = text.indexOf('$'); dollar >= 0; dollar = text.indexOf('$', at)) {
    expanded += text.slice(at, dollar);
    if (text[dollar + 1] === '$') {
      expanded += scope.escapes === 'unescape' ? '$' : '$$';
      at = dollar + 2;
      continue;
    }
    const reference = referenceAt(text, dollar);
    expanded += reference === undefined ? '$' : replacementOf(reference, scope);
    at = reference?.end ?? dollar + 1;
  }
  return expanded + text.slice(at);
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /:?[-?+]/y;

function referenceAt(text: string, dollar: number): Reference | undefined {
  const braced = text[dollar + 1] === '{';
  const start = dollar + (braced ? 2 : 1);
  const name = matchAt(NAME, text, start);
  if (name === undefined) return undefined;
  const end = start + name.length;
  if (!braced) return { name, word: '', end };
  if (text[end] === '}') return { name, word: '', end: end + 1 };
  const operator = matchAt(OPERATOR, text, end) as Operator | undefined;
  const closing = operator === undefined ? undefined : closingBrace(text, end);
  if (operator === undefined || closing === undefined) return undefined;
  return { name, operator, word: text.slice(end + operator.length, closing), end: closing + 1 };
}

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}

/** The brace that closes the one before `start`; braces inside, a regex's `{2}` included, come in pairs. */
function closingBrace(text: string, start: number): number | undefined {
  let depth = 1;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
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
