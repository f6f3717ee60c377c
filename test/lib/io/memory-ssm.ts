import {
  DeleteParametersCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';

type Verdict = 'done' | 'refused' | 'lost';

/** Parameters in memory, with all their versions, behind a mocked client. */
export type MemorySsm = {
  /** The latest values by name. */
  readonly values: () => Readonly<Record<string, string>>;
  /** How often a parameter was written. */
  readonly version: (name: string) => number | undefined;
  readonly put: (name: string, value: string) => number;
  readonly remove: (name: string) => void;
  /** Forgets all versions of a parameter but the latest. */
  readonly forgetHistory: (name: string) => void;
  /** Decides before each write call, by its number from 0, what becomes of it; `lost`: done, but the answer is not. */
  onWrite: (call: number) => Verdict | Promise<Verdict>;
  readonly writes: () => number;
};

/** A client of SSM that asks nobody. */
export function mockSsm() {
  return mockClient(SSMClient);
}

/** Answers the calls of the document store as SSM does. */
export function memorySsm(mock: ReturnType<typeof mockSsm>): MemorySsm {
  const stored = new Map<string, Map<number, string>>();
  let writes = 0;
  const latestOf = (name: string) => {
    const versions = stored.get(name);
    const version = Math.max(0, ...(versions?.keys() ?? []));
    return { Name: name, Value: versions?.get(version) ?? '', Version: version };
  };
  const put = (name: string, value: string) => {
    const version = latestOf(name).Version + 1;
    stored.set(name, new Map(stored.get(name)).set(version, value));
    return version;
  };
  const memory: MemorySsm = {
    values: () => Object.fromEntries([...stored.keys()].sort().map((name) => [name, latestOf(name).Value])),
    version: (name) => (stored.has(name) ? latestOf(name).Version : undefined),
    put,
    remove: (name) => stored.delete(name),
    forgetHistory: (name) => {
      const { Value, Version } = latestOf(name);
      stored.set(name, new Map([[Version, Value]]));
    },
    onWrite: () => 'done',
    writes: () => writes,
  };
  const write = async <T>(work: () => T): Promise<T> => {
    writes += 1;
    const verdict = await memory.onWrite(writes - 1);
    if (verdict === 'refused') throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
    const answer = work();
    if (verdict === 'lost') throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
    return answer;
  };
  mock.on(GetParametersByPathCommand).callsFake(({ Path }: { Path: string }) => ({
    Parameters: [...stored.keys()].filter((name) => name.startsWith(Path)).map(latestOf),
  }));
  mock.on(GetParametersCommand).callsFake(({ Names }: { Names: string[] }) => ({
    Parameters: Names.flatMap((name) => {
      const [plain = '', version] = name.split(':');
      const Value = stored.get(plain)?.get(Number(version));
      return Value === undefined ? [] : [{ Name: plain, Value, Version: Number(version), Selector: `:${version}` }];
    }),
  }));
  const create = (name: string, value: string) => {
    if (stored.has(name)) throw Object.assign(new Error('it is there'), { name: 'ParameterAlreadyExists' });
    return put(name, value);
  };
  mock
    .on(PutParameterCommand)
    .callsFake(async ({ Name = '', Value = '', Overwrite = false }: PutParameterCommandInput) => ({
      Version: await write(() => (Overwrite ? put : create)(Name, Value)),
    }));
  mock.on(DeleteParametersCommand).callsFake(async ({ Names }: { Names: string[] }) =>
    write(() => {
      for (const name of Names) stored.delete(name);
      return {};
    }),
  );
  return memory;
}
