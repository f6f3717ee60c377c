import { describe, expect, it } from 'vitest';
import { parseSecretReference } from '../../../lib/prometheus/secret-reference.ts';

const PARAMETER_ARN = 'arn:aws-cn:ssm:cn-north-1:123456789012:parameter/shop/token';
const SECRET_ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/exporter-AbCdEf';

const rows: readonly { text: string; expected: object }[] = [
  { text: 'ssm:/shop/token', expected: { kind: 'parameter', name: '/shop/token' } },
  { text: PARAMETER_ARN, expected: { kind: 'parameter', name: PARAMETER_ARN, region: 'cn-north-1' } },
  { text: 'secretsmanager:shop/exporter', expected: { kind: 'secret', name: 'shop/exporter' } },
  { text: 'secretsmanager:shop/a+b@c#pass.word', expected: { kind: 'secret', name: 'shop/a+b@c', key: 'pass.word' } },
  { text: SECRET_ARN, expected: { kind: 'secret', name: SECRET_ARN, region: 'eu-west-1' } },
  {
    text: `${SECRET_ARN}#password`,
    expected: { kind: 'secret', name: SECRET_ARN, region: 'eu-west-1', key: 'password' },
  },
  { text: '/run/secrets/token', expected: { kind: 'file' } },
  { text: 'ssm:relative', expected: { kind: 'file' } },
  { text: 'ssm:/shop/token#key', expected: { kind: 'file' } },
  { text: 'arn:aws:s3:::bucket', expected: { kind: 'file' } },
];

describe('parseSecretReference', () => {
  it.each(rows)('reads $text', ({ text, expected }) => {
    expect(parseSecretReference(text)).toEqual({ text, ...expected });
  });
});
