/** At least 0 and less than 1, as Math.random. */
export type Random = () => number;

/** A sequence that follows from its seed alone: mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 to `below` - 1. */
export function wholeNumber(random: Random, below: number): number {
  return Math.floor(random() * below);
}

/** The items in another order. */
export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const next = [...items];
  for (let i = next.length - 1; i > 0; i--) {
    const j = wholeNumber(random, i + 1);
    [next[i], next[j]] = [next[j] as Item, next[i] as Item];
  }
  return next;
}
