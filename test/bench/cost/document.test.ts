import { describe, expect, it } from 'vitest';
import { replaceTables } from '../../../bench/cost/document.ts';

const TEXT = 'before\n<!-- a: begin -->\nold\n<!-- a: end -->\nafter\n';

describe('the tables of a document', () => {
  it('are replaced between their marks', () => {
    expect(replaceTables(TEXT, { a: '| new |\n' })).toBe(
      'before\n<!-- a: begin -->\n| new |\n<!-- a: end -->\nafter\n',
    );
  });

  it.each([
    {
      name: 'a table without marks',
      text: TEXT,
      tables: { a: '', b: '' },
      error: 'expected a line <!-- b: begin --> and, after it, a line <!-- b: end -->',
    },
    {
      name: 'marks that have no end',
      text: '<!-- a: begin -->\n',
      tables: { a: '' },
      error: 'expected a line <!-- a: begin --> and, after it, a line <!-- a: end -->',
    },
    {
      name: 'marks without a table',
      text: TEXT,
      tables: { b: '' },
      error: 'found the mark <!-- a: begin -->; known tables: b',
    },
  ])('are refused with $name', ({ text, tables, error }) => {
    expect(() => replaceTables(text, tables)).toThrow(new Error(error));
  });
});
