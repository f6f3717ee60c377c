import { describe, expect, it } from 'vitest';
import { gatherChunks } from '../../../lib/io/gathered-chunks.ts';

const KB = 1024;

/** Chunks of these lengths, each filled with its number, and what is handed on of them. */
function handedOn(lengths: readonly number[], keeps: boolean) {
  const given: Buffer[] = [];
  const copies: Buffer[] = [];
  const give = (chunk: Buffer) => {
    given.push(chunk);
    copies.push(Buffer.from(chunk));
  };
  const gathered = gatherChunks({ keeps, give });
  const chunks = lengths.map((length, at) => Buffer.alloc(length, at + 1));
  for (const chunk of chunks) gathered.take(chunk);
  const before = copies.length;
  gathered.end();
  return { chunks, given, copies, before };
}

describe('gatherChunks', () => {
  it('puts small chunks together, and hands on what is left at the end', () => {
    const { chunks, copies, before } = handedOn(
      [2, 3, 4].map((length) => length * KB),
      false,
    );
    expect([before, copies]).toEqual([0, [Buffer.concat(chunks)]]);
  });

  it('hands on 64 KB at the most', () => {
    const { chunks, copies } = handedOn(Array(100).fill(3 * KB), false);
    expect(copies.map(({ length }) => length / KB)).toEqual([63, 63, 63, 63, 48]);
    expect(Buffer.concat(copies).equals(Buffer.concat(chunks))).toBe(true);
  });

  it('hands on a large chunk as it is, after the small ones before it', () => {
    const { chunks, given } = handedOn([1, 16 * KB, 1, 1, 70 * KB], false);
    expect(given.map(({ length }) => length)).toEqual([1, 16 * KB, 2, 70 * KB]);
    expect([given[1] === chunks[1], given[3] === chunks[4]]).toEqual([true, true]);
  });

  it('hands on nothing of nothing', () => {
    expect(handedOn([0, 0], false).copies).toEqual([]);
  });

  it('leaves alone what was handed on to one that keeps it', () => {
    const { given, copies } = handedOn(Array(100).fill(3 * KB), true);
    expect(Buffer.concat(given).equals(Buffer.concat(copies))).toBe(true);
  });
});
