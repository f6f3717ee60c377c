import { escapeUnsafe } from './problem.ts';

const MAX_TEXT_LENGTH = 1000;

/**
 * The value as JSON on one line of printable characters, whatever texts are in it; each is cut to `limit` characters.
 * It is the same value to every reader of JSON.
 */
export function jsonLine(value: unknown, limit = MAX_TEXT_LENGTH): string {
  const json = JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'string' && member.length > limit ? `${member.slice(0, limit)}...` : member,
  );
  return escapeUnsafe(json);
}
