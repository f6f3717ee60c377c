/** What JSON escapes, and halves of characters, which may have to be. */
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/** The text as `JSON.stringify` writes it: most have nothing to be escaped. */
export function jsonString(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}
