import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { SecretSource } from '../ports.ts';
import type { Secret, SecretReference } from '../prometheus/secret-reference.ts';
import { perRegion, type Region } from './aws-regions.ts';

type ParameterReference = Extract<SecretReference, { kind: 'parameter' }>;
type Found = readonly (readonly [string, Secret])[];

/** GetParameters takes no more. Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
const MAX_NAMES = 10;

/** Secrets that are SSM parameters, decrypted; space around a value is no part of it, as with Prometheus's files. */
export function ssmSecrets(create = (region: Region) => new SSMClient(region)): SecretSource<'parameter'> {
  const clientOf = perRegion(create);
  return async (references) => {
    const regions = [...new Set(references.map(({ region }) => region))];
    const found = regions.map((region) => {
      const own = references.filter((reference) => reference.region === region);
      return readAll(clientOf(region), own);
    });
    return new Map((await Promise.all(found)).flat());
  };
}

async function readAll(client: SSMClient, references: readonly ParameterReference[]): Promise<Found> {
  const found: Found[] = [];
  for (let start = 0; start < references.length; start += MAX_NAMES)
    found.push(await readSome(client, references.slice(start, start + MAX_NAMES)));
  return found.flat();
}

/** One name that may not be read refuses the whole call: then each is asked for alone. */
async function readSome(client: SSMClient, references: readonly ParameterReference[]): Promise<Found> {
  const Names = references.map(({ name }) => name);
  try {
    const { Parameters = [] } = await client.send(new GetParametersCommand({ Names, WithDecryption: true }));
    return references.map(({ text, name }) => {
      const parameter = Parameters.find(({ Name, ARN }) => Name === name || ARN === name);
      return [text, secretOf(parameter?.Value)];
    });
  } catch (error) {
    if (references.length > 1) return (await Promise.all(references.map((each) => readSome(client, [each])))).flat();
    return references.map(({ text }) => [text, { error: refusalOf('ssm:GetParameters', error as Error) }]);
  }
}

function secretOf(value: string | undefined): Secret {
  if (value === undefined) return { error: 'SSM has no such parameter; create it there or correct the reference' };
  return { value: value.trim() };
}

/** What AWS said, and what to do about it. */
export function refusalOf(call: string, { name, message }: Error): string {
  const remedy = /AccessDenied/.test(name) ? `; allow ${call} (parameter secrets of serverless.yml)` : '';
  return `${call}: ${name}: ${message}${remedy}`;
}
