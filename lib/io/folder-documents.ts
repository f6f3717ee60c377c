import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DocumentKind, DocumentStore, FamilyDocuments, FamilyTexts, StoredText } from '../ports.ts';
import { type FolderRecord, readRecord, replaceFiles, unlessAbsent, writeRecord } from './folder-record.ts';
import { KINDS } from './release.ts';

/** The file of each document in a family's folder. */
const FILES: Readonly<Record<DocumentKind, string>> = {
  prometheus: 'prometheus.yaml',
  agent: 'agent.json',
  options: 'options.json',
};

/**
 * Documents in a folder, as FAMILY/prometheus.yaml, agent.json and options.json, with the family's further files
 * beside them. The folder is one cluster's.
 */
export function folderDocumentStore(folder: string): DocumentStore {
  return {
    read: async () => {
      const entries = (await readdir(folder, { withFileTypes: true }).catch(unlessAbsent)) ?? [];
      const families = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
      const names = families.map(({ name }) => name).sort();
      const record = await readRecord(folder);
      return Promise.all(names.map((family) => readFamily(folder, family, record)));
    },
    addresses: (_cluster, family) => Object.keys(filesOf(family)).map((file) => join(folder, family.family, file)),
    refusals: () => [],
    write: async (_cluster, family, project) => {
      const path = join(folder, family.family);
      const record = await readRecord(folder);
      const texts = filesOf(family);
      await mkdir(path, { recursive: true });
      await replaceFiles(path, texts);
      const before = [...Object.values(FILES), ...(record.get(family.family)?.files ?? [])];
      await removeFiles(
        path,
        before.filter((file) => texts[file] === undefined),
      );
      await writeRecord(folder, new Map(record).set(family.family, { project, files: Object.keys(texts) }));
    },
    remove: async (_cluster, family) => {
      const record = new Map(await readRecord(folder));
      await removeFiles(join(folder, family), record.get(family)?.files ?? []);
      // Other people's files keep the folder.
      await rmdir(join(folder, family)).catch(() => undefined);
      record.delete(family);
      await writeRecord(folder, record);
    },
  };
}

/** The texts of a family by file name. */
function filesOf(family: FamilyTexts): Readonly<Record<string, string>> {
  const documents = KINDS.flatMap((kind) => (family[kind] === undefined ? [] : [[FILES[kind], family[kind]]]));
  return { ...Object.fromEntries(documents), ...family.artifacts };
}

async function removeFiles(path: string, files: readonly string[]): Promise<void> {
  for (const file of files) await rm(join(path, file), { force: true });
}

async function readFamily(folder: string, family: string, record: FolderRecord): Promise<FamilyDocuments> {
  const texts: Partial<Record<DocumentKind, StoredText>> = {};
  for (const kind of KINDS) {
    const stored = await readStored(join(folder, family, FILES[kind]));
    if (stored !== undefined) texts[kind] = stored;
  }
  const rendered = record.get(family);
  const artifacts: Record<string, StoredText> = {};
  for (const file of rendered?.files ?? []) {
    const stored = Object.values(FILES).includes(file) ? undefined : await readStored(join(folder, family, file));
    if (stored !== undefined) artifacts[file] = stored;
  }
  const release = rendered === undefined ? {} : { release: { project: rendered.project } };
  return { family, texts, artifacts, ...release, problems: [] };
}

async function readStored(address: string): Promise<StoredText | undefined> {
  const text = await readFile(address, 'utf8').catch(unlessAbsent);
  return text === undefined ? undefined : { address, text };
}
