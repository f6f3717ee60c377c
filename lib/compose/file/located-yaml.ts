import { type Document, isAlias, LineCounter, type Node, parseAllDocuments, visit } from 'yaml';
import { ConfigError, type Place, type Problem } from '../../document/problem.ts';
import { createConverter, problemAt } from './located-converter.ts';
import type { LocatedValue } from './located-value.ts';

/**
 * The documents of a YAML 1.2 text, anchors, aliases and merge keys (`<<`) resolved. Unknown tags are ignored: they
 * belong to other tools.
 * @throws {ConfigError} with the place of each syntax error, for a value that contains itself, and for alias bombs.
 */
export function parseLocated(text: string, file: string): readonly LocatedValue[] {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    // The library compares each key with all others; ours are compared when they are converted.
    const options = { merge: true, uniqueKeys: false, prettyErrors: false, logLevel: 'error' } as const;
    const parsed = parseAllDocuments(text, { ...options, lineCounter: lines });
    const documents = Array.isArray(parsed) ? parsed : [];
    const faults = documents.flatMap((document) => document.errors);
    if (faults.some(({ message }) => message.includes('Maximum call stack'))) throw new RangeError();
    const problems = faults.map((fault) => problemAt(placeAt(fault.pos[0]), fault.message));
    if (problems.length > 0) throw new ConfigError(problems);
    const values = documents.map((document) => {
      const convert = createConverter(placeAt, resolver(document, placeAt), problems);
      return convert(document.contents);
    });
    if (problems.length > 0) throw new ConfigError(problems);
    return values;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    // The composer recurses: nesting deeper than the stack ends in a RangeError.
    const reason = error instanceof RangeError ? 'nested too deeply' : String(error);
    throw new ConfigError([problemAt(placeAt(0), reason)], { cause: error });
  }
}

/** Gives the node that an alias names, and any other node itself. One walk, as a hostile text names many. */
function resolver(document: Document, placeAt: (offset: number) => Place): (node: unknown) => unknown {
  const anchors = new Map<string, Node>();
  const targets = new Map<unknown, Node>();
  const problems: Problem[] = [];
  visit(document, {
    Node: (_, node) => {
      if (!isAlias(node)) {
        if (node.anchor) anchors.set(node.anchor, node);
        return;
      }
      const target = anchors.get(node.source);
      if (target !== undefined) targets.set(node, target);
      else problems.push(problemAt(placeAt(node.range?.[0] ?? 0), `alias *${node.source} names no anchor before it`));
    },
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return (node) => targets.get(node) ?? node;
}
