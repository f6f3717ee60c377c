import type { SSMClient } from '@aws-sdk/client-ssm';
import { type Problem, startOf } from '../document/problem.ts';
import type { DocumentKind, DocumentStore, FamilyTexts } from '../ports.ts';
import { KINDS } from './release.ts';
import type { TextObjects } from './s3.ts';
import { isTooLarge, MAX_PARAMETER_BYTES, pointerTo, type Spill, spill } from './spilled-document.ts';
import { ssmParameterReads, ssmParameters } from './ssm-parameters.ts';
import { byLastPart, readReleased } from './ssm-release-reader.ts';
import { commitDocuments, removeDocuments, type Values } from './ssm-release-writer.ts';

/** The documents of `ssmDocumentStore`, for who may only read them. `objects` has those that no parameter can hold. */
export function ssmDocumentReader(
  client: SSMClient,
  prefix: string,
  objects: TextObjects | undefined,
): Pick<DocumentStore, 'read'> {
  const parameters = ssmParameterReads(client);
  return {
    read: async (cluster) => {
      const clusterPath = `${prefix}/${cluster}`;
      const all = await parameters.list(`${clusterPath}/`);
      const families = new Set(all.map(({ name }) => name.slice(clusterPath.length + 1).split('/')[0] ?? ''));
      const read = [...families].map((family) => {
        const path = `${clusterPath}/${family}`;
        const own = all.filter(({ name }) => name.startsWith(`${path}/`));
        return readReleased(family, byLastPart(path, own), parameters, objects);
      });
      return Promise.all(read);
    },
  };
}

/**
 * Documents as SSM parameters `PREFIX/CLUSTER/FAMILY/KIND`, with a `release` beside them. What no parameter can hold
 * goes to the bucket of `spilled`; without one it is refused. Why: docs/decisions/0003-releases.md
 */
export function ssmDocumentStore(client: SSMClient, prefix: string, spilled?: Spill): DocumentStore {
  const parameters = ssmParameters(client);
  const pathOf = (cluster: string, family: string) => `${prefix}/${cluster}/${family}`;
  const storedOf = async (path: string) => {
    const before = byLastPart(path, await parameters.list(`${path}/`));
    return { path, before, parameters };
  };
  return {
    ...ssmDocumentReader(client, prefix, spilled?.objects),
    addresses: (cluster, family) =>
      KINDS.filter((kind) => family[kind] !== undefined).map((kind) => `${pathOf(cluster, family.family)}/${kind}`),
    refusals: (cluster, families) =>
      spilled?.bucket === undefined
        ? families.flatMap((family) => tooLarge(pathOf(cluster, family.family), family))
        : [],
    write: async (cluster, family, project) => {
      const stored = await storedOf(pathOf(cluster, family.family));
      await commitDocuments(stored, await valuesOf(family, spilled), project);
    },
    remove: async (cluster, family) => removeDocuments(await storedOf(pathOf(cluster, family))),
  };
}

function tooLarge(path: string, family: FamilyTexts): Problem[] {
  return KINDS.flatMap((kind): Problem[] => {
    const text = family[kind];
    if (text === undefined || !isTooLarge(text)) return [];
    const found = `an SSM parameter holds at most ${MAX_PARAMETER_BYTES} bytes, this document has ${Buffer.byteLength(text)}`;
    const remedy =
      'give a bucket for it (--bucket; no agent can read it there) or use fewer rules; nothing was written';
    const place = startOf(`ssm:${path}/${kind}`);
    return [{ severity: 'error', place, path: '', text: `${found}; ${remedy}` }];
  });
}

/** The texts, with a pointer in place of each that is too large; what it points to is stored when this returns. */
async function valuesOf(family: FamilyTexts, spilled: Spill | undefined): Promise<Values> {
  const values: Partial<Record<DocumentKind, string>> = {};
  for (const kind of KINDS) {
    const text = family[kind];
    if (text === undefined) continue;
    const bucket = isTooLarge(text) ? spilled?.bucket : undefined;
    if (spilled !== undefined && bucket !== undefined) await spill(text, spilled);
    values[kind] = bucket === undefined ? text : pointerTo(text, bucket);
  }
  return values;
}
