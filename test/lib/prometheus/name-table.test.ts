import { describe, expect, it } from 'vitest';
import { nameOf, nameTable } from '../../../lib/prometheus/name-table.ts';

/** The entry of the text, which stands behind other bytes, under a made-up hash. */
function entryOf(table: ReturnType<typeof nameTable>, text: string, hash: number, wants?: (name: string) => boolean) {
  const body = Buffer.from(`xx${text}{`);
  return nameOf(table, body, 2, body.length - 1, hash, wants);
}

describe('nameOf', () => {
  it('asks once for each name', () => {
    const asked: string[] = [];
    const wants = (name: string) => asked.push(name) > 1;
    const table = nameTable();
    const found = ['a', 'b', 'a', 'b'].map((name) => entryOf(table, name, name.charCodeAt(0), wants));
    expect(asked).toEqual(['a', 'b']);
    expect(found.map(({ wanted }) => wanted)).toEqual([false, true, false, true]);
    expect([found[2] === found[0], found[3] === found[1]]).toEqual([true, true]);
  });

  it('wants all names where nothing says otherwise', () => {
    expect(entryOf(nameTable(), 'a', 1).wanted).toBe(true);
  });

  it.each([
    { name: 'a_created', created: true },
    { name: '_created', created: true },
    { name: 'created', created: false },
    { name: 'a_created_total', created: false },
  ])('says of $name that it may tell when a series began: $created', ({ name, created }) => {
    expect(entryOf(nameTable(), name, 1)).toMatchObject({ name, created });
  });

  it('keeps names of one hash apart', () => {
    const table = nameTable();
    const names = ['a', 'b', 'aa', 'ab', ''];
    const entries = names.map((name) => entryOf(table, name, 7));
    expect(entries.map(({ name }) => name)).toEqual(names);
    expect(names.map((name) => entryOf(table, name, 7))).toEqual(entries);
    expect(table.count).toBe(names.length);
  });

  it('keeps nothing of the body', () => {
    const table = nameTable();
    const body = Buffer.from('abc');
    const entry = nameOf(table, body, 0, 3, 1, undefined);
    body.fill('x');
    expect(entryOf(table, 'abc', 1)).toBe(entry);
    expect(entry.bytes.buffer).not.toBe(body.buffer);
  });

  it('finds each name after it has grown', () => {
    const table = nameTable();
    const entries = Array.from({ length: 5000 }, (_, i) => entryOf(table, `a_${i}`, i % 100));
    expect(entries.every((entry, i) => entryOf(table, `a_${i}`, i % 100) === entry)).toBe(true);
    expect(table.count).toBe(5000);
  });

  it('begins anew when it knows too many names', () => {
    const table = nameTable();
    let asked = 0;
    const wants = () => {
      asked += 1;
      return true;
    };
    const first = entryOf(table, 'a_0', 0, wants);
    for (let i = 1; i <= 32_768; i += 1) entryOf(table, `a_${i}`, i, wants);
    expect([asked, table.count, table.entries.length]).toEqual([32_769, 0, 1024]);
    expect(entryOf(table, 'a_0', 0, wants)).toEqual(first);
    expect([asked, table.count]).toEqual([32_770, 1]);
  });
});
