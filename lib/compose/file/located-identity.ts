import type { LocatedScalar, LocatedValue } from './located-value.ts';

/**
 * A function that gives equal values one number, wherever they are written and in whichever order their keys are. It
 * looks at each part once, however many aliases name it. `peek`: the value of a scalar.
 */
export function createIdentity(peek: (scalar: LocatedScalar) => unknown): (value: LocatedValue) => number {
  const known = new Map<LocatedValue, number>();
  const numbers = new Map<unknown, number>();

  const numberOf = (content: unknown) => {
    const number = numbers.get(content) ?? numbers.size;
    numbers.set(content, number);
    return number;
  };
  function contentOf(value: LocatedValue): unknown {
    if (value.kind === 'list') return `[${value.items.map(identify)}]`;
    if (value.kind === 'mapping') {
      const pairs = [...value.entries].map(([key, entry]) => `${numberOf(`"${key}`)}:${identify(entry.value)}`);
      return `{${pairs.sort()}}`;
    }
    const content = peek(value);
    // Marked, so that no text is taken for a list, a mapping or a key.
    return typeof content === 'string' ? `'${content}` : content;
  }
  function identify(value: LocatedValue): number {
    const before = known.get(value);
    if (before !== undefined) return before;
    const number = numberOf(contentOf(value));
    known.set(value, number);
    return number;
  }
  return identify;
}
