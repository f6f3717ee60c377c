/** Where something was written; `line` and `column` count from 1. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

/** The place of what concerns a whole file. */
export function startOf(file: string): Place {
  return { file, line: 1, column: 1 };
}

/** One thing that is wrong (error) or suspicious (warning) in a document. */
export type Problem = {
  readonly severity: 'error' | 'warning';
  readonly place: Place;
  /** The configuration path, such as `scrape_configs[0].relabel_configs[1].regex`; empty for the whole document. */
  readonly path: string;
  /** Expectation, what was found, remedy. */
  readonly text: string;
};

/** A configuration that cannot be used, with every problem found in it. */
export class ConfigError extends Error {
  readonly code = 'config';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(formatProblem).join('\n'), options);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** `FILE:LINE:COLUMN: error|warning: PATH: text`, on one line. */
export function formatProblem({ severity, place, path, text }: Problem): string {
  const where = `${printable(place.file)}:${place.line}:${place.column}: ${severity}: `;
  return where + printable(path === '' ? text : `${path}: ${text}`);
}

/** What a thrown value says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The text on one line, cut to at most `limit` characters, with nothing that `escapeUnsafe` escapes. */
export function printable(text: string, limit = 1000): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}...` : text;
  return escapeUnsafe(cut.replaceAll('\n', '\\n'));
}

/** Escapes what breaks lines, drives terminals or turns the direction of text, as JSON does its control characters. */
export function escapeUnsafe(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A path as people write it: `services.web.ports[0]`. */
export function formatPath(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
}
