import { AwsError, type AwsService, type Input, jsonService, pageOf, textsIn } from './call.ts';

/** All versions of a parameter, the oldest first. */
export type SsmParameters = Map<string, string[]>;

const MAX_STANDARD_BYTES = 8 * 1024;

/** Parameter Store of AWS Systems Manager. */
export function ssmService(parameters: SsmParameters): AwsService {
  return jsonService({
    GetParametersByPath: (input) => byPath(parameters, input),
    GetParameters: (input) => byName(parameters, input),
    PutParameter: (input) => put(parameters, input),
  });
}

function parameterOf(name: string, versions: readonly string[], version = versions.length) {
  return { Name: name, Type: 'String', Value: versions[version - 1], Version: version, DataType: 'text' };
}

function byPath(parameters: SsmParameters, { Path, MaxResults, NextToken }: Input): object {
  const size = Number(MaxResults ?? 10);
  if (size < 1 || size > 10) throw new AwsError('ValidationException', 'maxResults: must be between 1 and 10.');
  const path = String(Path).replace(/\/?$/, '/');
  const names = [...parameters.keys()].filter((name) => name.startsWith(path));
  const { page, next } = pageOf(names, size, NextToken);
  return { Parameters: page.map((name) => parameterOf(name, parameters.get(name) ?? [])), NextToken: next };
}

function byName(parameters: SsmParameters, input: Input): object {
  const names = textsIn(input, 'Names');
  if (names.length > 10) throw new AwsError('ValidationException', 'names: at most 10 items.');
  const found = names.map((written) => {
    const [name = '', version] = written.split(':');
    const versions = parameters.get(name) ?? [];
    return { written, parameter: parameterOf(name, versions, Number(version ?? versions.length)) };
  });
  const isThere = (each: (typeof found)[number]) => each.parameter.Value !== undefined;
  return {
    Parameters: found.filter(isThere).map(({ parameter }) => parameter),
    InvalidParameters: found.filter((each) => !isThere(each)).map(({ written }) => written),
  };
}

function put(parameters: SsmParameters, { Name, Value, Overwrite }: Input): object {
  const [name, value] = [String(Name), String(Value)];
  const versions = parameters.get(name) ?? [];
  if (versions.length > 0 && Overwrite !== true)
    throw new AwsError('ParameterAlreadyExists', 'The parameter already exists.');
  if (Buffer.byteLength(value) > MAX_STANDARD_BYTES || value.includes('{{'))
    throw new AwsError('ValidationException', 'The value is too long or holds {{.');
  parameters.set(name, [...versions, value]);
  return { Version: versions.length + 1, Tier: 'Standard' };
}
