/** Names and label values repeat from scrape to scrape; a bound keeps hostile ones from filling the memory. */
const MEMO_SIZE = 50_000;

/** The function, which is asked once for each text as long as those are not too many. */
export function memoised<T>(decide: (text: string) => T): (text: string) => T {
  const memo = new Map<string, T>();
  return (text) => {
    const known = memo.get(text);
    if (known !== undefined || memo.has(text)) return known as T;
    if (memo.size >= MEMO_SIZE) memo.clear();
    const decided = decide(text);
    memo.set(text, decided);
    return decided;
  };
}

/**
 * The function, which is asked once for each pair: label sets are one object for many samples. What it knows of them
 * lasts as long as the function.
 */
export function memoisedPairs<A, B, T>(decide: (a: A, b: B) => T): (a: A, b: B) => T {
  const memo = new Map<A, Map<B, T>>();
  return (a, b) => {
    const ofA = memo.get(a) ?? new Map<B, T>();
    const known = ofA.get(b);
    if (known !== undefined || ofA.has(b)) return known as T;
    const decided = decide(a, b);
    memo.set(a, ofA.set(b, decided));
    return decided;
  };
}
