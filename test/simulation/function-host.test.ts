import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFunction } from './function-host.ts';
import { functionSettings } from './function-settings.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const settings = (name: string) =>
  functionSettings(root, name, 'test', { clusters: 'one,two', allowedNetworks: '127.64.0.0/10' });

describe('functionSettings', () => {
  it('reads the environment of a deployment with these parameters', () => {
    expect(settings('discover').environment).toMatchObject({
      STAGE: 'test',
      DOCUMENTS_PREFIX: '/prom-emf/test',
      QUEUE_NAME: 'prom-emf-test-shards',
      CLUSTERS: 'one,two',
    });
    expect(settings('scrape').environment).toMatchObject({ ALLOWED_NETWORKS: '127.64.0.0/10', SINK: 'stdout' });
  });

  it('refuses a function that is not there', () => {
    expect(() => settings('other')).toThrow('serverless.yml: expected a function other');
  });
});

describe('a function', () => {
  const start = async () => {
    const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:prom-emf-test-scrape';
    const host = await startFunction({ ...settings('scrape'), root, name: 'scrape', arn, awsEnvironment: {} });
    onTestFinished(() => host.stop());
    return host;
  };
  const broken = { Records: [{ messageId: 'm-1', body: '' }] };

  it('answers with its result, what it printed and what it took', async () => {
    const host = await start();
    const { result, error, stdout, stderr, cpuMs, rssMb } = await host.invoke(broken);
    expect([result, error, stdout]).toEqual([{ batchItemFailures: [{ itemIdentifier: 'm-1' }] }, undefined, '']);
    expect(stderr).toMatch(/^message m-1: expected a shard message, found an empty body/);
    expect(Math.min(cpuMs, rssMb)).toBeGreaterThan(0);
    expect((await host.invoke(broken)).stderr.match(/message m-1/g)).toHaveLength(1);
  });

  it('answers with what its handler throws', async () => {
    const { error } = await (await start()).invoke(null);
    expect(error).toMatch(/^Error: expected an SQS event or/);
  });

  it('is another process after it was killed', async () => {
    const host = await start();
    const cut = host.invoke(broken);
    host.kill();
    expect(await cut).toMatchObject({ error: 'the process of the function ended: SIGKILL', stdout: '' });
    expect((await host.invoke(broken)).result).toEqual({ batchItemFailures: [{ itemIdentifier: 'm-1' }] });
  });
});
