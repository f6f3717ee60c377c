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
