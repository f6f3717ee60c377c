import { isUtf8 } from 'node:buffer';
import { printable } from '../../lib/document/problem.ts';
import type { MetricType } from '../../lib/prometheus/exposition.ts';

export type Pair = readonly [name: string, value: string];

/** A sample as its target exposes it; its labels are sorted by name. */
export type ExposedSample = {
  readonly name: string;
  readonly labels: readonly Pair[];
  readonly value: number;
  readonly timestampMs: number | undefined;
  /** The type that an earlier TYPE line gives to its very name. */
  readonly ownType: MetricType | undefined;
};

/** What a body says, or said up to its fault. `scraped` also counts samples that nothing can select. */
export type Exposition = {
  scraped: number;
  readonly samples: ExposedSample[];
  readonly types: Map<string, MetricType>;
  readonly units: Map<string, string>;
  /** When a series of a family began (Unix ms), by `seriesOf`. */
  readonly created: Map<string, number>;
};

/** A body that is being read. */
export type Reading = {
  /** One character for each byte. */
  readonly body: string;
  at: number;
  ended: boolean;
  /** That of the last TYPE line. */
  type: MetricType;
  /** Samples so far under a type whose series tell when they began. */
  begun: number;
  readonly wants: (name: string) => boolean;
  readonly found: Exposition;
};

/** Why nothing of an answer may be used, and what was counted up to there. */
export class Refusal extends Error {
  readonly before: Exposition | undefined;
  readonly counts: { readonly scraped: number; readonly postRelabel: number };

  constructor(text: string, before?: Exposition, counts = { scraped: 0, postRelabel: 0 }) {
    super(text);
    this.before = before;
    this.counts = counts;
  }
}

/** A text for a series that no other series has. */
export function seriesOf(name: string, labels: readonly Pair[]): string {
  return JSON.stringify([name, labels]);
}

/** The text that a sticky pattern finds at the reading's place, which moves behind it; may be empty. */
export function take(reading: Reading, pattern: RegExp): string {
  pattern.lastIndex = reading.at;
  const [text = ''] = pattern.exec(reading.body) ?? [];
  reading.at += text.length;
  return text;
}

export const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
export const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;

/** What a quoted text may hold beside others. */
export type Quoted = { readonly newlines: boolean; readonly nul: boolean };

/** The text between the quotes at the reading's place, escapes and all, and moves behind it; or nothing. */
export function takeQuoted(reading: Reading, { newlines, nul }: Quoted): string | undefined {
  const { body, at: start } = reading;
  if (body[start] !== '"') return undefined;
  for (let at = start + 1; at < body.length; at += 1) {
    if (body[at] === '"') {
      reading.at = at + 1;
      return body.slice(start + 1, at);
    }
    if ((body[at] === '\n' && !newlines) || (body[at] === '\0' && !nul)) return undefined;
    // What is escaped ends nothing, and a newline cannot be.
    if (body[at] === '\\' && body[at + 1] === '\n') return undefined;
    if (body[at] === '\\') at += 1;
  }
  return undefined;
}

export function endOfLine({ body }: Reading, from: number): number {
  const newline = body.indexOf('\n', from);
  return newline === -1 ? body.length : newline;
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

export function isInUtf8(text: string): boolean {
  return isUtf8(bytesOf(text));
}

/** The bytes as text, with `\\`, `\"` and `\n` unescaped; another escape stays as it is. */
export function decoded(text: string): string {
  return bytesOf(text)
    .toString()
    .replace(/\\(["\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}

/** How much of an offending text is shown. */
const SHOWN_CHARACTERS = 12;

/** The refusal of a body for what stands at an offset. */
export function refusalAt({ body, found }: Reading, offset: number, expectation: string): Refusal {
  const before = body.slice(0, offset).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
  const line = body.slice(offset, body.indexOf('\n', offset) === -1 ? undefined : body.indexOf('\n', offset));
  const shown = `"${printable(line === '' ? '\n' : bytesOf(line).toString(), SHOWN_CHARACTERS)}"`;
  return new Refusal(`${place}: ${expectation}, found ${offset < body.length ? shown : 'the end of the body'}`, found);
}
