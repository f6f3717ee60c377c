import * as v from 'valibot';
import type { LocatedDocument, Path } from './document.ts';
import { ConfigError, formatPath, messageOf, type Problem, printable } from './problem.ts';

/** What is written as a mapping; a list is none, though it is an object to JavaScript. */
const mapping = v.custom<Record<string, unknown>>(
  (input) => typeof input === 'object' && input !== null && !Array.isArray(input),
  (issue) => `expected a mapping, found ${foundOf(issue.input)}`,
);

/** A mapping without other keys than these; an unknown key's message lists those of `shown`. */
export function closed<const Entries extends v.ObjectEntries>(entries: Entries, shown: object = entries) {
  // Without a prototype, so that a key called __proto__ or constructor is an unknown key as any other.
  const own: Entries = Object.assign(Object.create(null), entries);
  const object = v.strictObject(own, (issue) =>
    issue.expected === 'never'
      ? `unknown key ${issue.received}; known keys: ${Object.keys(shown).join(', ')}`
      : `missing key ${issue.expected}`,
  );
  return v.pipe(mapping, object);
}

/** A mapping with these keys and any others, which are nobody's concern here. */
export function open<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(
    mapping,
    v.object(entries, (issue) => `missing key ${issue.expected}`),
  );
}

/** A mapping from any names to values of one kind; `__proto__` and `constructor` are names as any other. */
export function dictionary<const Value extends v.GenericSchema>(value: Value) {
  return v.pipe(
    mapping,
    v.rawTransform<Record<string, unknown>, Readonly<Record<string, v.InferOutput<Value>>>>(({ dataset, addIssue }) => {
      const read: Record<string, v.InferOutput<Value>> = {};
      for (const [key, input] of Object.entries(dataset.value)) {
        const result = v.safeParse(value, input);
        const property = { value: result.output, enumerable: true, configurable: true, writable: true };
        Object.defineProperty(read, key, property);
        const item = { type: 'object', origin: 'value', input: dataset.value, key, value: input } as const;
        for (const { message, path = [] } of result.issues ?? []) addIssue({ message, path: [item, ...path] });
      }
      return read;
    }),
  );
}

export const text = v.string((issue) => `expected a string, found ${foundOf(issue.input)}`);

/** The same where nothing is the empty text, as in Go's YAML. */
export const nullableText = v.nullable(text, '');

export const flag = v.boolean((issue) => `expected true or false, found ${foundOf(issue.input)}`);

export function list<const Item extends v.GenericSchema>(item: Item) {
  return v.array(item, (issue) => `expected a list, found ${foundOf(issue.input)}`);
}

export function oneOf<const Options extends readonly string[]>(options: Options) {
  return v.picklist(options, (issue) => `expected one of ${options.join(', ')}, found ${foundOf(issue.input)}`);
}

/** A string that `parse` accepts; the message is that of the error it throws. */
export function parsedText(parse: (value: string) => unknown) {
  return v.pipe(
    text,
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      try {
        parse(dataset.value);
      } catch (error) {
        addIssue({ message: messageOf(error) });
      }
    }),
  );
}

export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  return v.custom<number>(
    (input) => Number.isSafeInteger(input) && (input as number) >= minimum && (input as number) <= maximum,
    (issue) =>
      maximum === Number.MAX_SAFE_INTEGER
        ? `expected a whole number of at least ${minimum}, found ${foundOf(issue.input)}`
        : `expected a whole number from ${minimum} to ${maximum}, found ${foundOf(issue.input)}`,
  );
}

/** An optional value; nothing after its key is its absence, as in Go's YAML. */
export function absentOr<const Value extends v.GenericSchema>(value: Value) {
  return v.optional(
    v.pipe(
      v.nullable(value),
      v.transform((read) => read ?? undefined),
    ),
  );
}

/**
 * The document's value as the schema's type.
 * @throws {ConfigError} with every problem at its place.
 */
export function readDocument<const Schema extends v.GenericSchema>(
  schema: Schema,
  document: LocatedDocument,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, document.value);
  if (result.success) return result.output;
  throw new ConfigError(result.issues.map((issue) => problemOf(issue, document)));
}

function problemOf(issue: v.BaseIssue<unknown>, document: LocatedDocument): Problem {
  const path: Path = (issue.path ?? []).map((item) => item.key as string | number);
  return { severity: 'error', place: document.place(path), path: formatPath(path), text: issue.message };
}

/** What was found, for a message: cut and escaped. */
export function foundOf(input: unknown): string {
  if (input === null || input === undefined) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a mapping';
  return printable(typeof input === 'string' ? JSON.stringify(input) : String(input), 80);
}

/** The version of a document of ours: there is one so far. */
export const firstVersion = v.literal(
  1,
  (issue) => `expected version 1, found ${issue.received}; write 1, or use the release that wrote it`,
);
