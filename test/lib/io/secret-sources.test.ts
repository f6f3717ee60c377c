import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Region } from '../../../lib/io/aws-regions.ts';
import { secretFiles } from '../../../lib/io/secret-files.ts';
import { secretsManagerSecrets } from '../../../lib/io/secrets-manager.ts';
import { ssmSecrets } from '../../../lib/io/ssm-secrets.ts';
import { parseSecretReference, type SecretReference } from '../../../lib/prometheus/secret-reference.ts';

const ssm = mockClient(SSMClient);
const secretsManager = mockClient(SecretsManagerClient);
beforeEach(() => {
  ssm.reset();
  secretsManager.reset();
});

/** References of one kind. */
function parsed<Kind extends SecretReference['kind']>(kind: Kind, ...texts: readonly string[]) {
  const references = texts.map(parseSecretReference);
  expect(references.map((reference) => reference.kind)).toEqual(texts.map(() => kind));
  return references as Extract<SecretReference, { kind: Kind }>[];
}

function refusal(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

const ARN = 'arn:aws:ssm:eu-west-2:123456789012:parameter/shop/ca';

describe('ssmSecrets', () => {
  const regions: (string | undefined)[] = [];
  const read = (...texts: readonly string[]) => {
    regions.length = 0;
    const create = (region: Region) => {
      regions.push(region.region);
      return new SSMClient({ region: 'eu-west-1', ...region });
    };
    return ssmSecrets(create)(parsed('parameter', ...texts));
  };

  it('decrypts parameters, by name and by ARN, each in its region', async () => {
    ssm.on(GetParametersCommand).callsFake(({ Names }: { Names: string[] }) => ({
      Parameters: Names.map((name) =>
        name === ARN ? { Name: '/shop/ca', ARN, Value: 'CA' } : { Name: name, Value: ` ${name} of SSM\n` },
      ),
    }));
    expect(await read('ssm:/a', ARN, 'ssm:/b')).toEqual(
      new Map([
        ['ssm:/a', { value: '/a of SSM' }],
        ['ssm:/b', { value: '/b of SSM' }],
        [ARN, { value: 'CA' }],
      ]),
    );
    expect(regions).toEqual([undefined, 'eu-west-2']);
    const inputs = ssm.commandCalls(GetParametersCommand).map(({ args }) => args[0].input);
    expect(inputs).toEqual([
      { Names: ['/a', '/b'], WithDecryption: true },
      { Names: [ARN], WithDecryption: true },
    ]);
  });

  it('asks for ten at once', async () => {
    ssm.on(GetParametersCommand).resolves({ Parameters: [] });
    await read(...Array.from({ length: 21 }, (_, index) => `ssm:/${index}`));
    const sizes = ssm.commandCalls(GetParametersCommand).map(({ args }) => args[0].input.Names?.length);
    expect(sizes).toEqual([10, 10, 1]);
  });

  it('tells what is not there', async () => {
    ssm.on(GetParametersCommand).resolves({ Parameters: [], InvalidParameters: ['/a'] });
    expect(await read('ssm:/a')).toEqual(
      new Map([['ssm:/a', { error: 'SSM has no such parameter; create it there or correct the reference' }]]),
    );
  });

  it('reads the others when one may not be read', async () => {
    const denied = refusal('AccessDeniedException', 'not authorized to perform ssm:GetParameters on /b');
    ssm.on(GetParametersCommand).callsFake(({ Names }: { Names: string[] }) => {
      if (Names.includes('/b')) throw denied;
      return { Parameters: Names.map((Name) => ({ Name, Value: 'v' })) };
    });
    expect(await read('ssm:/a', 'ssm:/b')).toEqual(
      new Map<string, object>([
        ['ssm:/a', { value: 'v' }],
        [
          'ssm:/b',
          {
            error:
              'ssm:GetParameters: AccessDeniedException: not authorized to perform ssm:GetParameters on /b; allow ssm:GetParameters (parameter secrets of serverless.yml)',
          },
        ],
      ]),
    );
  });
});

describe('secretsManagerSecrets', () => {
  const read = (...texts: readonly string[]) => {
    const create = (region: Region) => new SecretsManagerClient({ region: 'eu-west-1', ...region });
    return secretsManagerSecrets(create)(parsed('secret', ...texts));
  };

  it('reads a secret once for the whole of it and for its keys', async () => {
    const SecretString = '{"user":"u","password":"hunter2 "}\n';
    secretsManager.on(GetSecretValueCommand, { SecretId: 'shop' }).resolves({ SecretString });
    expect(await read('secretsmanager:shop', 'secretsmanager:shop#password')).toEqual(
      new Map([
        ['secretsmanager:shop', { value: SecretString.trim() }],
        ['secretsmanager:shop#password', { value: 'hunter2' }],
      ]),
    );
    expect(secretsManager.calls()).toHaveLength(1);
  });

  const faults: readonly { name: string; answer: object; expected: string }[] = [
    {
      name: 'a secret that is no JSON',
      answer: { SecretString: 'hunter2' },
      expected: 'expected a secret that is a JSON object with the key k',
    },
    {
      name: 'a secret that is a JSON text',
      answer: { SecretString: '"hunter2"' },
      expected: 'expected a secret that is a JSON object with the key k',
    },
    {
      name: 'a key that is not there',
      answer: { SecretString: '{"hunter2":"hunter2"}' },
      expected: 'expected a text under the key k of the secret; it is not there, or something else',
    },
    {
      name: 'a key of another type',
      answer: { SecretString: '{"k":{"hunter2":1}}' },
      expected: 'expected a text under the key k of the secret; it is not there, or something else',
    },
    {
      name: 'a binary secret',
      answer: { SecretBinary: Buffer.from('hunter2') },
      expected: 'expected a secret of text, found a binary one',
    },
  ];
  it.each(faults)('tells of $name, and never what it is', async ({ answer, expected }) => {
    secretsManager.on(GetSecretValueCommand).resolves(answer);
    expect(await read('secretsmanager:a#k')).toEqual(new Map([['secretsmanager:a#k', { error: expected }]]));
  });

  it('tells what AWS refuses, and reads the others', async () => {
    const missing = refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    secretsManager.on(GetSecretValueCommand, { SecretId: 'a' }).rejects(missing);
    secretsManager.on(GetSecretValueCommand, { SecretId: 'b' }).resolves({ SecretString: 'v' });
    expect(await read('secretsmanager:a', 'secretsmanager:b')).toEqual(
      new Map<string, object>([
        ['secretsmanager:a', { error: `secretsmanager:GetSecretValue: ${missing.name}: ${missing.message}` }],
        ['secretsmanager:b', { value: 'v' }],
      ]),
    );
  });
});

describe('secretFiles', () => {
  it('reads files of its folder, without the space around them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'prom-emf-secrets-'));
    try {
      await writeFile(join(folder, 'password'), 'hunter2\n');
      const absolute = join(folder, 'password');
      expect(await secretFiles(folder)(parsed('file', 'password', absolute, 'other'))).toEqual(
        new Map<string, object>([
          ['password', { value: 'hunter2' }],
          [absolute, { value: 'hunter2' }],
          ['other', { error: 'the file cannot be read: ENOENT' }],
        ]),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
