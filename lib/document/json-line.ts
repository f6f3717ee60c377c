const MAX_TEXT_LENGTH = 1000;

/** What JSON leaves as it is, although it breaks lines, drives terminals or turns the direction of text. */
const UNSAFE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * The value as JSON on one line of printable characters, whatever texts are in it; each is cut to `limit` characters.
 * It is the same value to every reader of JSON.
 */
export function jsonLine(value: unknown, limit = MAX_TEXT_LENGTH): string {
  const json = JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'string' && member.length > limit ? `${member.slice(0, limit)}...` : member,
  );
  return json.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
