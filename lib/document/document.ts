import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument as parseYaml,
  visit,
} from 'yaml';
import { ConfigError, messageOf, type Place, type Problem } from './problem.ts';

export type Path = readonly (string | number)[];

/** A parsed document that still knows where each of its values was written. */
export type LocatedDocument = {
  readonly file: string;
  readonly value: unknown;
  /** The place of the value at `path`, or of its nearest ancestor that exists. */
  readonly place: (path: Path) => Place;
};

/** How many nodes aliases may expand to: keeps a "billion laughs" document small. */
const MAX_ALIAS_COUNT = 10_000;

/**
 * How plain scalars become values: `typed` as YAML 1.2's core schema (and JSON), `text` as they are written with
 * nothing (empty, `~`, null) as null.
 */
export type Scalars = 'typed' | 'text';

/**
 * Parses one YAML 1.2 (and so also JSON) document.
 * Duplicate keys, several documents in one text, unknown tags and alias bombs are errors.
 * @throws {ConfigError} with the place of each syntax error.
 */
export function parseDocument(text: string, file: string, scalars: Scalars = 'typed'): LocatedDocument {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const syntaxError = (offset: number, text: string): Problem => ({
    severity: 'error',
    place: placeAt(offset),
    path: '',
    text,
  });
  try {
    const parsed = parseYaml(text, {
      lineCounter: lines,
      merge: true,
      prettyErrors: false,
      stringKeys: true,
      ...(scalars === 'text' && { schema: 'failsafe', customTags: ['null'] }),
    });
    const faults = [...parsed.errors, ...parsed.warnings];
    if (faults.some(({ message }) => message.includes('Maximum call stack'))) throw new RangeError();
    if (faults.length > 0) throw new ConfigError(faults.map((fault) => syntaxError(fault.pos[0], fault.message)));
    const root: unknown = parsed.contents;
    visit(parsed, {
      Alias: (_, alias) => {
        if (alias.resolve(parsed) !== undefined) return;
        const fault = `alias *${alias.source} names no anchor before it`;
        throw new ConfigError([syntaxError(alias.range?.[0] ?? 0, fault)]);
      },
    });
    const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(parsed) : node);
    return {
      file,
      value: parsed.toJS({ maxAliasCount: MAX_ALIAS_COUNT }) as unknown,
      place: (path) => placeAt(offsetOf(root, path, resolve)),
    };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    // The parser recurses: nesting deeper than the stack ends in a RangeError, an alias bomb in a ReferenceError.
    const reason = error instanceof RangeError ? 'nested too deeply' : messageOf(error);
    throw new ConfigError([syntaxError(0, reason)], { cause: error });
  }
}

function offsetOf(root: unknown, path: Path, resolve: (node: unknown) => unknown): number {
  let node = resolve(root);
  let offset = startOf(node) ?? 0;
  for (const key of path) {
    const found = childOf(node, key);
    if (found === undefined) break;
    offset = startOf(found.value) ?? startOf(found.key) ?? offset;
    node = resolve(found.value);
  }
  return offset;
}

function childOf(node: unknown, key: string | number): { key?: unknown; value: unknown } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(key)];
    return item === undefined ? undefined : { value: item };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item: Pair) => isScalar(item.key) && String(item.key.value) === String(key));
  // A key without a value is found at the key.
  return pair === undefined ? undefined : { key: pair.key, value: pair.value ?? pair.key };
}

function startOf(node: unknown): number | undefined {
  return (node as Node | undefined)?.range?.[0];
}
