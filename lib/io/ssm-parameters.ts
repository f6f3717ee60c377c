import {
  DeleteParametersCommand,
  GetParametersCommand,
  PutParameterCommand,
  paginateGetParametersByPath,
  type SSMClient,
} from '@aws-sdk/client-ssm';

/** The latest version of a parameter. */
export type Parameter = { readonly name: string; readonly value: string; readonly version: number };

/** What a document store asks of SSM. */
export type Parameters = {
  /** All parameters below a path, which ends with a slash. */
  readonly list: (path: string) => Promise<readonly Parameter[]>;
  /** The value of one version, undefined when SSM does not have it (any more). It keeps the last hundred. */
  readonly version: (name: string, version: number) => Promise<string | undefined>;
  /** Creates or overwrites; returns the version that was made. Throws with the call and the name. */
  readonly put: (name: string, value: string) => Promise<number>;
  /** As `put`, but throws when there is such a parameter. */
  readonly create: (name: string, value: string) => Promise<number>;
  /** Deletes at most ten parameters; one that is not there is no error. */
  readonly remove: (names: readonly string[]) => Promise<void>;
};

/** Standard as long as 4 KB are enough: a parameter that has been larger cannot be made standard again. */
const SETTINGS = { Tier: 'Intelligent-Tiering', Type: 'String' } as const;

/** Client settings for a writer: SSM takes few PutParameter calls a second, and a family needs several. */
export const SSM_RETRIES = { retryMode: 'adaptive', maxAttempts: 10 } as const;

/** Parameters of this account and region, for who may only read them. */
export function ssmParameterReads(client: SSMClient): Pick<Parameters, 'list' | 'version'> {
  return {
    list: async (Path) => {
      const found: Parameter[] = [];
      for await (const { Parameters = [] } of paginateGetParametersByPath({ client }, { Path, Recursive: true }))
        for (const { Name = '', Value = '', Version = 0 } of Parameters)
          found.push({ name: Name, value: Value, version: Version });
      return found;
    },
    version: async (name, version) => {
      const { Parameters = [] } = await client.send(new GetParametersCommand({ Names: [`${name}:${version}`] }));
      return Parameters[0]?.Value;
    },
  };
}

/** Parameters of this account and region. */
export function ssmParameters(client: SSMClient): Parameters {
  const write = async (Name: string, Value: string, Overwrite: boolean) => {
    const put = client.send(new PutParameterCommand({ Name, Value, Overwrite, ...SETTINGS }));
    const { Version = 0 } = await put.catch((error) => fail('PutParameter', Name, error));
    return Version;
  };
  return {
    ...ssmParameterReads(client),
    put: (name, value) => write(name, value, true),
    create: (name, value) => write(name, value, false),
    remove: async (names) => {
      const Names = [...names];
      if (Names.length === 0) return;
      await client
        .send(new DeleteParametersCommand({ Names }))
        .catch((error) => fail('DeleteParameters', Names, error));
    },
  };
}

function fail(call: string, names: string | readonly string[], error: Error): never {
  throw new Error(`${call} ${String(names)}: ${error.name}: ${error.message}`, { cause: error });
}
