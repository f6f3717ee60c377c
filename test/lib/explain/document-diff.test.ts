import { describe, expect, it } from 'vitest';
import { diffDocuments } from '../../../lib/explain/document-diff.ts';

describe('diffDocuments', () => {
  const rows = [
    {
      name: 'compares YAML line by line',
      deployed: 'a: 1\nb: 2\n',
      rendered: 'a: 1\nb: 3\n',
      expected: '--- d\tdeployed\n+++ d\trendered\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n',
    },
    {
      name: 'spreads JSON over lines',
      deployed: '{"a":1,"b":2}',
      rendered: '{"a":1}',
      expected: '--- d\tdeployed\n+++ d\trendered\n@@ -1,4 +1,3 @@\n {\n-  "a": 1,\n-  "b": 2\n+  "a": 1\n }\n',
    },
    {
      name: 'takes a missing last line break for none of the difference',
      deployed: 'a',
      rendered: 'b\n',
      expected: '--- d\tdeployed\n+++ d\trendered\n@@ -1,1 +1,1 @@\n-a\n+b\n',
    },
    {
      name: 'shows a text that is new',
      deployed: undefined,
      rendered: 'a\n',
      expected: '--- /dev/null\tdeployed\n+++ d\trendered\n@@ -0,0 +1,1 @@\n+a\n',
    },
  ];
  it.each(rows)('$name', ({ deployed, rendered, expected }) => {
    expect(diffDocuments('d', deployed, rendered)).toBe(expected);
  });
});
