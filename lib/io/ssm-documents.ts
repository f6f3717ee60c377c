import { PutParameterCommand, paginateGetParametersByPath, type SSMClient } from '@aws-sdk/client-ssm';
import { ConfigError } from '../document/problem.ts';
import type { DocumentKind, DocumentStore, FamilyDocuments } from '../ports.ts';

const KINDS: readonly DocumentKind[] = ['prometheus', 'agent', 'options'];
const MAX_BYTES = 8192;
/** Standard as long as 4 KB are enough: a parameter that has been larger cannot be made standard again. */
const SETTINGS = { Tier: 'Intelligent-Tiering', Type: 'String', Overwrite: true } as const;

/** Documents as SSM parameters `PREFIX/CLUSTER/FAMILY/KIND`. */
export function ssmDocumentStore(client: SSMClient, prefix: string): DocumentStore {
  return {
    read: async (cluster) => {
      const pages = paginateGetParametersByPath({ client }, { Path: `${prefix}/${cluster}/`, Recursive: true });
      const families = new Map<string, Record<string, { address: string; text: string }>>();
      for await (const { Parameters = [] } of pages) {
        for (const { Name = '', Value = '' } of Parameters) {
          const [family = '', kind = ''] = Name.slice(prefix.length + cluster.length + 2).split('/');
          const texts = families.get(family) ?? {};
          texts[kind] = { address: `ssm:${Name}`, text: Value };
          families.set(family, texts);
        }
      }
      return [...families].map(([family, texts]): FamilyDocuments => ({ family, texts }));
    },
    write: async (cluster, families) => {
      const parameters = families.flatMap((texts) =>
        KINDS.map((kind) => ({ Name: `${prefix}/${cluster}/${texts.family}/${kind}`, Value: texts[kind] })),
      );
      checkSizes(parameters);
      for (const parameter of parameters) await client.send(new PutParameterCommand({ ...parameter, ...SETTINGS }));
      return parameters.map(({ Name }) => Name);
    },
  };
}

/** All are checked before any is written. */
function checkSizes(parameters: readonly { Name: string; Value: string }[]): void {
  const tooLarge = parameters.filter(({ Value }) => Buffer.byteLength(Value) > MAX_BYTES);
  if (tooLarge.length === 0) return;
  throw new ConfigError(
    tooLarge.map(({ Name, Value }) => ({
      severity: 'error',
      place: { file: `ssm:${Name}`, line: 1, column: 1 },
      path: '',
      text: `an SSM parameter holds at most ${MAX_BYTES} bytes, this document has ${Buffer.byteLength(Value)}; nothing was written`,
    })),
  );
}
