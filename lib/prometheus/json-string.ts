/** What JSON escapes, and halves of characters, which may have to be. */
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Whether a JSON string of this text is more than the text in quotes. */
export function needsEscapes(text: string): boolean {
  return ESCAPED.test(text);
}

/** The text as `JSON.stringify` writes it: most have nothing to be escaped. */
export function jsonString(text: string): string {
  return needsEscapes(text) ? JSON.stringify(text) : `"${text}"`;
}
