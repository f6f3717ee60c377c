import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DocumentKind, DocumentStore, FamilyDocuments } from '../ports.ts';

/** The file of each document in a family's folder. */
const FILES: Readonly<Record<DocumentKind, string>> = {
  prometheus: 'prometheus.yaml',
  agent: 'agent.json',
  options: 'options.json',
};
const KINDS = Object.keys(FILES) as DocumentKind[];

/** Documents in a folder, as FAMILY/prometheus.yaml, agent.json and options.json. The folder is one cluster's. */
export function folderDocumentStore(folder: string): DocumentStore {
  return {
    read: async () => {
      const names = await readdir(folder, { withFileTypes: true });
      const families = names
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort();
      return Promise.all(families.map((family) => readFamilyFolder(folder, family)));
    },
    write: async (_cluster, families) => {
      for (const texts of families) {
        await mkdir(join(folder, texts.family), { recursive: true });
        for (const kind of KINDS) await writeFile(partialOf(folder, texts.family, kind), texts[kind]);
      }
      // Everything is on the disk before anything takes its name.
      const paths = families.flatMap(({ family }) => KINDS.map((kind) => [family, kind] as const));
      for (const [family, kind] of paths)
        await rename(partialOf(folder, family, kind), join(folder, family, FILES[kind]));
      return paths.map(([family, kind]) => join(folder, family, FILES[kind]));
    },
  };
}

function partialOf(folder: string, family: string, kind: DocumentKind): string {
  return join(folder, family, `.${FILES[kind]}.partial`);
}

async function readFamilyFolder(folder: string, family: string): Promise<FamilyDocuments> {
  const texts: Partial<Record<DocumentKind, { address: string; text: string }>> = {};
  for (const kind of KINDS) {
    const address = join(folder, family, FILES[kind]);
    const text = await readFile(address, 'utf8').catch(() => undefined);
    if (text !== undefined) texts[kind] = { address, text };
  }
  return { family, texts };
}
