import { PutParameterCommand, paginateGetParametersByPath, type SSMClient } from '@aws-sdk/client-ssm';
import type { DocumentKind, DocumentStore, FamilyDocuments } from '../ports.ts';

const KINDS: readonly DocumentKind[] = ['prometheus', 'agent', 'options'];
const STANDARD_BYTES = 4096;
const MAX_BYTES = 8192;

/** Documents as SSM parameters `PREFIX/CLUSTER/FAMILY/KIND`; over 4 KB with Intelligent-Tiering. */
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
    write: async (cluster, family, texts) => {
      const parameters = KINDS.flatMap((kind) => parameterOf(`${prefix}/${cluster}/${family}/${kind}`, texts[kind]));
      checkSizes(parameters);
      for (const parameter of parameters) await client.send(new PutParameterCommand(parameter));
      return parameters.map(({ Name }) => Name);
    },
  };
}

function parameterOf(Name: string, Value: string | undefined) {
  if (Value === undefined) return [];
  const Tier = Buffer.byteLength(Value) > STANDARD_BYTES ? ('Intelligent-Tiering' as const) : ('Standard' as const);
  return [{ Name, Value, Tier, Type: 'String' as const, Overwrite: true }];
}

/** All are checked before any is written. */
function checkSizes(parameters: readonly { Name: string; Value: string }[]): void {
  const tooLarge = parameters.filter(({ Value }) => Buffer.byteLength(Value) > MAX_BYTES);
  if (tooLarge.length === 0) return;
  const sizes = tooLarge.map(({ Name, Value }) => `${Name} (${Buffer.byteLength(Value)} bytes)`);
  throw new Error(`an SSM parameter holds at most ${MAX_BYTES} bytes: ${sizes.join(', ')}; nothing was written`);
}
