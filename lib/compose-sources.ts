import type { ComposeText } from './compose/file/compose-file.ts';
import { filesNamedBy } from './compose/file/compose-references.ts';
import type { Variables } from './compose/file/interpolate.ts';

export type { ComposeText } from './compose/file/compose-file.ts';

/** How the files around a compose file are found. */
export type Sources = {
  /** The name of the file that `written` stands for, relative to the folder of `from`. */
  readonly resolve: (written: string, from: string) => string;
  /** Undefined for a file that is not there. */
  readonly read: (file: string) => Promise<string | undefined>;
};

/** More than any project has: keeps a mistaken one small. */
const MAX_FILES = 100;

/**
 * The files that compose files name in include, extends and ScrapingConfigurationFile, and those that these name:
 * relative to the file that names them, or to the first one. What cannot be found is left out: only rendering knows
 * whether it is needed.
 */
export async function referencedFiles(
  files: readonly ComposeText[],
  variables: Variables,
  { resolve, read }: Sources,
): Promise<readonly ComposeText[]> {
  const namedBy = (text: ComposeText) =>
    filesNamedBy(text, variables).flatMap((written) =>
      [text, ...files.slice(0, 1)].map(({ file }) => resolve(written, file)),
    );
  const seen = new Set(files.map(({ file }) => file));
  const found: ComposeText[] = [];
  const queue = files.flatMap(namedBy);
  for (let file = queue.shift(); file !== undefined && seen.size < MAX_FILES; file = queue.shift()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = await read(file);
    if (text === undefined) continue;
    found.push({ file, text });
    queue.push(...namedBy({ file, text }));
  }
  return found;
}
