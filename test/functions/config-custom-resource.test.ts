import { describe, expect, it } from 'vitest';
import type { CustomResourceEvent } from '../../functions/config-custom-resource.ts';
import { answerCustomResource, formatResponse } from '../../functions/config-custom-resource-response.ts';
import type { ConfigRequest, ConfigResult } from '../../functions/config-request.ts';
import { memoryObjects } from './memory-objects.ts';

const event: CustomResourceEvent = {
  RequestType: 'Create',
  ResponseURL: 'https://cloudformation.example/answer',
  StackId: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/monitoring/c0ffee',
  RequestId: 'request-1',
  LogicalResourceId: 'Metrics',
  ResourceProperties: { ServiceToken: 'arn', Cluster: 'prod', Compose: 'services: {}' },
};
const head = { StackId: event.StackId, RequestId: event.RequestId, LogicalResourceId: event.LogicalResourceId };
const nothing: ConfigResult = { families: [], warnings: [], written: [], outcomes: [] };

/** The answer to an event, and the requests that were run for it. */
async function answer(
  given: Partial<CustomResourceEvent>,
  run: (request: ConfigRequest) => Promise<ConfigResult> = async () => nothing,
  remainingMs = 60_000,
) {
  const requests: ConfigRequest[] = [];
  const response = await answerCustomResource(
    { ...event, ...given },
    {
      run: (request) => {
        requests.push(request);
        return run(request);
      },
      objects: memoryObjects({ 's3://bucket/compose.yaml': 'services: {web: {}}' }),
      remainingMs: () => remainingMs,
    },
  );
  return { response, requests };
}

describe('a custom resource', () => {
  it('renders on Create, under a project of its own', async () => {
    const web = { family: 'web', agent: '{}', options: '{}', sizes: { agent: 2, options: 2 }, artifacts: {} };
    const { response, requests } = await answer({}, async () => ({ ...nothing, families: [web] }));
    expect(response).toEqual({
      ...head,
      Status: 'SUCCESS',
      PhysicalResourceId: 'prom-emf:prod/monitoring-Metrics',
      Data: {
        Cluster: 'prod',
        Project: 'monitoring-Metrics',
        Families: 'web',
        Sizes: '{"web":{"agent":2,"options":2}}',
      },
    });
    expect(requests).toMatchObject([
      {
        cluster: 'prod',
        project: 'monitoring-Metrics',
        compose: [{ file: 'Compose', text: 'services: {}' }],
        prune: true,
        dryRun: false,
      },
    ]);
  });

  it('takes addresses and texts, and values that CloudFormation has made strings', async () => {
    const ResourceProperties = {
      Cluster: 'prod',
      Project: 'shop',
      Compose: ['s3://bucket/compose.yaml', 'services: {}', { file: 'c.yaml', text: '{}' }],
      Environment: { PORT: 9113, ON: true, NAME: 'x' },
      Rules: ['{"name":"mine"}'],
    };
    const { requests } = await answer({ ResourceProperties });
    expect(requests[0]).toMatchObject({
      compose: [
        { file: 's3://bucket/compose.yaml', text: 'services: {web: {}}' },
        { file: 'Compose[1]', text: 'services: {}' },
        { file: 'c.yaml', text: '{}' },
      ],
      environment: { PORT: '9113', ON: 'true', NAME: 'x' },
      rules: [{ file: 'Rules[0]', text: '{"name":"mine"}' }],
    });
  });

  it('keeps its identity on Update while cluster and project stay', async () => {
    const PhysicalResourceId = 'prom-emf:prod/monitoring-Metrics';
    const { response } = await answer({ RequestType: 'Update', PhysicalResourceId });
    expect(response.PhysicalResourceId).toBe(PhysicalResourceId);
  });

  it('takes over from the former project on Update, and has the former deleted', async () => {
    const { response, requests } = await answer({
      RequestType: 'Update',
      PhysicalResourceId: 'prom-emf:prod/shop',
      ResourceProperties: { Cluster: 'prod', Project: 'store', Compose: '{}' },
    });
    expect(requests[0]).toMatchObject({ project: 'store', formerProject: 'shop' });
    expect(response.PhysicalResourceId).toBe('prom-emf:prod/store');
  });

  it('prunes on Delete what its identity names, whatever its properties say', async () => {
    const given = { RequestType: 'Delete', PhysicalResourceId: 'prom-emf:prod/shop', ResourceProperties: {} } as const;
    const { response, requests } = await answer(given);
    expect(requests).toMatchObject([{ cluster: 'prod', project: 'shop', compose: [], prune: true }]);
    expect(response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'prom-emf:prod/shop' });
  });

  it('succeeds on Delete after a Create that failed for its properties', async () => {
    const created = await answer({ ResourceProperties: { Clusters: 'prod' } });
    expect(created.response).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'prom-emf-Metrics' });
    expect(created.response.Reason).toContain('Cluster: missing key "Cluster"');
    expect(created.requests).toEqual([]);
    const { PhysicalResourceId } = created.response;
    const deleted = await answer({ RequestType: 'Delete', PhysicalResourceId });
    expect(deleted.response).toEqual({ ...head, Status: 'SUCCESS', PhysicalResourceId });
    expect(deleted.requests).toEqual([]);
  });

  const failures: readonly { name: string; run: () => Promise<ConfigResult>; reason: string }[] = [
    {
      name: 'the render is refused',
      run: async () => {
        throw new Error('Compose:1:1: error: services: expected');
      },
      reason: 'Compose:1:1: error: services: expected',
    },
    {
      name: 'a family fails',
      run: async () => ({
        ...nothing,
        outcomes: [
          { family: 'api', outcome: 'created', problems: [] },
          { family: 'web', outcome: 'failed', problems: [], error: 'Rate exceeded' },
        ],
      }),
      reason: 'family web: Rate exceeded',
    },
  ];
  it.each(failures)('answers FAILED with the reason when $name', async ({ run, reason }) => {
    const { response } = await answer({}, run);
    expect(response).toEqual({
      ...head,
      Status: 'FAILED',
      Reason: reason,
      PhysicalResourceId: 'prom-emf:prod/monitoring-Metrics',
    });
  });

  it('answers FAILED before the function dies, and tells the work to end', async () => {
    let signal: AbortSignal | undefined;
    const never = (request: ConfigRequest) => {
      signal = request.signal;
      return new Promise<ConfigResult>(() => undefined);
    };
    const { response } = await answer({}, never, 12_050);
    expect(response).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('the time was out') });
    expect(signal?.aborted).toBe(true);
  });
});

describe('formatResponse', () => {
  const response = { ...head, Status: 'FAILED', PhysicalResourceId: 'prom-emf:prod/shop' } as const;

  it.each([
    { name: 'a long reason', given: { Reason: 'é"\n'.repeat(4000) }, keys: ['Reason'] },
    {
      name: 'long data',
      given: { Data: { Cluster: 'prod', Families: 'web,'.repeat(500), Sizes: 'x'.repeat(9000) } },
      keys: ['Data'],
    },
  ])('cuts $name to the 4096 bytes that CloudFormation takes', ({ given, keys }) => {
    const text = formatResponse({ ...response, ...given });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
    expect(Buffer.byteLength(text)).toBeGreaterThan(2000);
    expect(JSON.parse(text)).toMatchObject(response);
    expect(Object.keys(JSON.parse(text))).toEqual(expect.arrayContaining(keys));
  });

  it('leaves what is short', () => {
    expect(JSON.parse(formatResponse({ ...response, Reason: 'why' }))).toEqual({ ...response, Reason: 'why' });
  });
});
