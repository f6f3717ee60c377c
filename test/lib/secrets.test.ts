import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readFamily, readOwnFamily } from '../../lib/documents.ts';
import type { SecretSources } from '../../lib/ports.ts';
import type { Secret, SecretReference } from '../../lib/prometheus/secret-reference.ts';
import { newSecretMemory, parseSecrets, resolveSecrets, storeSecrets } from '../../lib/secrets.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function textsOf(...jobs: readonly object[]) {
  const scrape_configs = jobs.map((job, index) => ({ job_name: `j${index}`, ...job }));
  return {
    prometheus: { address: 'p.yaml', text: JSON.stringify({ scrape_configs }) },
    agent: { address: 'agent.json', text: '{"logs":{"metrics_collected":{"prometheus":{}}}}' },
  };
}

const token = (reference: string) => ({ authorization: { credentials_file: reference } });
const SHOP = readFamily('shop', textsOf(token('ssm:/shop/token'), token('secretsmanager:shop#token'), {}));
const WEB = readFamily('web', textsOf(token('ssm:/shop/token')));

/** Sources that hold these values and count what they are asked. */
function sourcesOver(values: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const source = async (references: readonly SecretReference[]) =>
    new Map(
      references.map(({ text }): [string, Secret] => {
        asked.push(text);
        const value = values[text];
        return [text, value === undefined ? { error: 'it is gone' } : { value }];
      }),
    );
  const sources: SecretSources = { parameter: source, secret: source };
  return { sources, asked };
}

function portsOver(values: Readonly<Record<string, string>>) {
  const { sources, asked } = sourcesOver(values);
  const stored = new Map<string, string>();
  const time = { now: 0 };
  let salts = 0;
  const ports = {
    secretSources: sources,
    secrets: {
      read: async (key: string) => stored.get(key),
      write: async (key: string, text: string) => {
        stored.set(key, text);
      },
    },
    clock: () => time.now,
    nonce: () => `salt ${++salts}`,
  };
  return { ports, stored, asked, time };
}

describe('storeSecrets', () => {
  it('asks for each secret once and stores them all under the hash of a salted text', async () => {
    const { ports, stored, asked } = portsOver({
      'ssm:/shop/token': 'hunter2',
      'secretsmanager:shop#token': 'letmein',
    });
    const { key = '', failures } = await storeSecrets([SHOP, WEB], 'prod', ports, newSecretMemory());
    expect(failures).toEqual([]);
    expect(asked).toEqual(['ssm:/shop/token', 'secretsmanager:shop#token']);
    expect([...stored.keys()]).toEqual([key]);
    const text = stored.get(key) ?? '';
    expect(key).toBe(createHash('sha256').update(text).digest('hex'));
    expect(text).toContain('salt 1');
    expect(parseSecrets(text)).toEqual(
      new Map([
        ['ssm:/shop/token', { value: 'hunter2' }],
        ['secretsmanager:shop#token', { value: 'letmein' }],
      ]),
    );
  });

  it('asks for nothing and stores nothing where no job names a secret', async () => {
    const { ports, stored, asked } = portsOver({});
    const family = readFamily('plain', textsOf({}));
    expect(await storeSecrets([family], 'prod', ports, newSecretMemory())).toEqual({ key: undefined, failures: [] });
    expect([stored.size, asked]).toEqual([0, []]);
  });

  it('names reference, job, family and reason of what cannot be resolved, and stores the rest', async () => {
    const { ports, stored } = portsOver({ 'secretsmanager:shop#token': 'letmein' });
    const { key = '', failures } = await storeSecrets([SHOP, WEB], 'prod', ports, newSecretMemory());
    expect(failures).toEqual([
      { arn: 'ssm:/shop/token', reason: 'job j0 of family shop is not scraped without it: it is gone' },
      { arn: 'ssm:/shop/token', reason: 'job j0 of family web is not scraped without it: it is gone' },
    ]);
    expect(parseSecrets(stored.get(key) ?? '').get('secretsmanager:shop#token')).toEqual({ value: 'letmein' });
  });

  it('asks again after five minutes, and at once for what it did not get', async () => {
    const { ports, asked, time } = portsOver({ 'ssm:/shop/token': 'hunter2' });
    const memory = newSecretMemory();
    for (time.now of [0, MINUTE, 5 * MINUTE]) await storeSecrets([SHOP], 'prod', ports, memory);
    expect(asked.filter((text) => text.startsWith('ssm:'))).toHaveLength(2);
    expect(asked.filter((text) => text.startsWith('secretsmanager:'))).toHaveLength(3);
  });

  it('writes again when a value has changed, or the object is twelve hours old', async () => {
    const values: Record<string, string> = { 'ssm:/shop/token': 'hunter2' };
    const { ports, time } = portsOver(values);
    const memory = newSecretMemory();
    const keys: (string | undefined)[] = [];
    const store = async (now: number) => {
      time.now = now;
      keys.push((await storeSecrets([WEB], 'prod', ports, memory)).key);
    };
    await store(0);
    await store(12 * HOUR - 1);
    await store(12 * HOUR);
    values['ssm:/shop/token'] = 'rotated';
    await store(12 * HOUR + 4 * MINUTE);
    await store(12 * HOUR + 5 * MINUTE);
    expect(keys.map((key) => keys.indexOf(key))).toEqual([0, 0, 2, 2, 4]);
  });

  it('keeps the objects of clusters apart', async () => {
    const { ports, stored } = portsOver({ 'ssm:/shop/token': 'hunter2' });
    const memory = newSecretMemory();
    const first = await storeSecrets([WEB], 'prod', ports, memory);
    const second = await storeSecrets([WEB], 'tools', ports, memory);
    expect(first.key).not.toBe(second.key);
    expect(stored.size).toBe(2);
  });

  it('tells that the object cannot be written', async () => {
    const { ports } = portsOver({ 'ssm:/shop/token': 'hunter2' });
    const write = async () => {
      throw new Error('AccessDenied');
    };
    const refusing = { ...ports, secrets: { ...ports.secrets, write } };
    expect(await storeSecrets([WEB], 'prod', refusing, newSecretMemory())).toEqual({
      key: undefined,
      failures: [
        {
          arn: 'prod',
          reason: 'the secrets of cluster prod cannot be stored: AccessDenied; jobs that need one are not scraped',
        },
      ],
    });
  });
});

describe('parseSecrets', () => {
  it('refuses another version', () => {
    expect(() => parseSecrets('{"version":2}')).toThrow('expected secrets of version 1, found 2');
  });

  it('never quotes what it cannot read', () => {
    const text = '[["ssm:/a",{"value":"hunter2';
    expect(() => parseSecrets(text)).toThrow(/^expected secrets in JSON, found something else$/);
  });
});

describe('resolveSecrets', () => {
  it('adds what is named to what is written out', async () => {
    const { config, secrets } = readOwnFamily('own', textsOf(token('ssm:/a'), { authorization: { credentials: 'b' } }));
    const { sources, asked } = sourcesOver({ 'ssm:/a': 'a' });
    expect(await resolveSecrets(config, secrets, sources)).toEqual(
      new Map([
        ['inline:1', { value: 'b' }],
        ['ssm:/a', { value: 'a' }],
      ]),
    );
    expect(asked).toEqual(['ssm:/a']);
  });

  it('tells where nobody reads a kind of secret', async () => {
    const { config, secrets } = readOwnFamily('own', textsOf(token('/run/secret')));
    expect(await resolveSecrets(config, secrets, {})).toEqual(
      new Map([['/run/secret', { error: 'nobody reads secrets of this kind here' }]]),
    );
  });
});
