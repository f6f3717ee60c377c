import { describe, expect, test } from 'vitest';
import { actionsOf } from './sdk-calls.ts';

describe('actionsOf', () => {
  test.each([
    { name: 'a command', code: 'new PutObjectCommand({})', expected: ['s3:PutObject'] },
    { name: 'pages', code: 'paginateListObjectsV2({}, {})', expected: ['s3:ListBucket'] },
    { name: 'a call of another name', code: 'send(new Head2({}))', expected: ['s3:GetObject'] },
    { name: 'a command that is handed on', code: 'const commands = [PutObjectCommand];', expected: ['s3:PutObject'] },
    { name: 'nothing for a client', code: 'new S3Client({})', expected: [] },
  ])('finds $name', ({ code, expected }) => {
    const names = 'HeadObjectCommand as Head2, PutObjectCommand, S3Client, paginateListObjectsV2';
    const line = `import { ${names} } from "@aws-sdk/client-s3";`;
    expect([...actionsOf(`${line}\n${code}\n`)]).toEqual(expected);
  });

  test('knows the prefix of a service that is named otherwise', () => {
    const line = 'import { PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";';
    expect([...actionsOf(`${line}\nnew PutLogEventsCommand({})`)]).toEqual(['logs:PutLogEvents']);
  });

  test('knows what assumes a role', () => {
    const line = 'import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";';
    expect([...actionsOf(`${line}\nfromTemporaryCredentials({})`)]).toEqual(['sts:AssumeRole']);
  });

  test.each([
    ['import * as s3 from "@aws-sdk/client-s3";', '"@aws-sdk/client-s3"'],
    ['const s3 = await import("@aws-sdk/client-s3");', '"@aws-sdk/client-s3"'],
    ['import { getSignedUrl } from "@aws-sdk/s3-request-presigner";', '"@aws-sdk/s3-request-presigner"'],
  ])('refuses %s', (line, found) => {
    expect(() => actionsOf(line)).toThrow(`expected import { NAME } from "@aws-sdk/client-SERVICE", found ${found}`);
  });
});
