import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { built } from './command.ts';
import { type EmfMetric, readEmf } from './emf.ts';
import { type FunctionPart, startFunction } from './function.ts';
import { startJmx } from './jmx.ts';
import type { Keep } from './kept.ts';
import type { MotoPart } from './moto.ts';
import { type MotoNetwork, seedTasks } from './moto-seeds.ts';
import { takeMessages } from './queued-messages.ts';

export const STACK_FUNCTIONS = ['config', 'discover', 'scrape'] as const;
export type StackFunction = (typeof STACK_FUNCTIONS)[number];

const region = 'eu-west-1';

/** A stack in moto. */
export type DeployedStack = { readonly moto: MotoPart; readonly stage: string };

/** What Lambda knows of a deployed function. Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html */
export type DeployedFunction = {
  readonly Handler: string;
  readonly CodeSha256: string;
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
  readonly VpcConfig?: { readonly SecurityGroupIds: readonly string[]; readonly SubnetIds: readonly string[] };
};

/** The configuration of a deployed function. */
export async function deployedFunction({ moto, stage }: DeployedStack, name: StackFunction): Promise<DeployedFunction> {
  const response = await fetch(`${moto.url}/2015-03-31/functions/prom-emf-${stage}-${name}/configuration`, {
    // moto finds the region of a request in its signature.
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=testing/20260101/${region}/lambda/aws4_request` },
  });
  expect(response.status).toBe(200);
  return (await response.json()) as DeployedFunction;
}

/**
 * Starts the bundles with the environment that the stack gave them, and goes the whole way: a compose file is rendered,
 * its task found, and a real exporter scraped. Gives the metrics that discover and scrape print.
 */
export async function runDeployed(
  stack: DeployedStack,
  network: MotoNetwork,
  kept: Keep,
): Promise<readonly EmfMetric[]> {
  const { moto, stage } = stack;
  const start = async (name: StackFunction): Promise<{ part: FunctionPart; variables: Record<string, string> }> => {
    const variables = (await deployedFunction(stack, name)).Environment.Variables;
    const env = { ...variables, ...moto.environment };
    const part = await kept(startFunction({ bundleDir: built('functions', name), handler: 'handler.handler', env }));
    return { part, variables };
  };
  const tasks = await seedTasks(moto.client, network, {
    clusterName: 'prod',
    family: 'connect',
    containers: [{ name: 'connect', containerPorts: [1234], dockerLabels: { container_name: 'connect' } }],
    count: 1,
  });
  await kept(startJmx('0.16.1', { host: tasks[0]?.address ?? '', port: 1234 }));

  const config = await start('config');
  const file = 'examples/compose/connect.yaml';
  const compose = [{ file, text: readFileSync(file, 'utf8') }];
  const written = await config.part.invoke({ cluster: 'prod', compose, write: true });
  const kinds = ['prometheus', 'agent', 'options'].map((kind) => `/prom-emf/${stage}/prod/connect/${kind}`);
  expect(written).toMatchObject({ kind: 'response', response: { written: kinds } });

  const discover = await start('discover');
  const found = await discover.part.invoke({ scheduled_time: new Date().toISOString() });
  expect(found).toMatchObject({ response: { reports: [{ targets: { connect: 1 }, messages: 1, failures: [] }] } });

  const Records = await takeMessages(moto, discover.variables.QUEUE_NAME ?? '');
  expect(Records).toHaveLength(1);
  const scrape = await start('scrape');
  expect(await scrape.part.invoke({ Records })).toEqual({ kind: 'response', response: { batchItemFailures: [] } });
  return [discover, scrape].flatMap(({ part }) => readEmf(part.stdout()));
}
