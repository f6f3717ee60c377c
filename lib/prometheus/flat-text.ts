/**
 * The same text in one piece. A text that is put together keeps its pieces until it is read, which take several times
 * its memory: those that are kept for long are better read at once.
 */
export function flatText(text: string): string {
  text.charCodeAt(0);
  return text;
}
