import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SecretSource } from '../ports.ts';
import type { Secret } from '../prometheus/secret-reference.ts';
import { perRegion, type Region } from './aws-regions.ts';
import { refusalOf } from './ssm-secrets.ts';

type Read = { readonly text: string } | { readonly error: string };

/** Secrets of Secrets Manager: the whole text, or one key of a secret that is JSON. A secret is read once for its keys. */
export function secretsManagerSecrets(
  create = (region: Region) => new SecretsManagerClient(region),
): SecretSource<'secret'> {
  const clientOf = perRegion(create);
  return async (references) => {
    const secrets = new Map(references.map(({ name, region }) => [name, region]));
    const found = [...secrets].map(async ([secret, region]) => {
      const read = await readSecret(clientOf(region), secret);
      const own = references.filter(({ name }) => name === secret);
      return own.map(({ text, key }) => [text, secretOf(read, key)] as const);
    });
    return new Map((await Promise.all(found)).flat());
  };
}

async function readSecret(client: SecretsManagerClient, SecretId: string): Promise<Read> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
    if (SecretString === undefined) return { error: 'expected a secret of text, found a binary one' };
    return { text: SecretString };
  } catch (error) {
    return { error: refusalOf('secretsmanager:GetSecretValue', error as Error) };
  }
}

function secretOf(read: Read, key: string | undefined): Secret {
  if ('error' in read) return read;
  if (key === undefined) return { value: read.text.trim() };
  const fields = fieldsOf(read.text);
  if (fields === undefined) return { error: `expected a secret that is a JSON object with the key ${key}` };
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (typeof value === 'string') return { value: value.trim() };
  return { error: `expected a text under the key ${key} of the secret; it is not there, or something else` };
}

/** The parser's own error would quote the secret. */
function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
