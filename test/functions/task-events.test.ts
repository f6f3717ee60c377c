import { readFileSync } from 'node:fs';
import type { SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { startedTasks } from '../../functions/task-events.ts';

const SAMPLE = JSON.parse(readFileSync('events/discover-task-events.json', 'utf8')) as SQSEvent;
const CLUSTER = { name: 'name-of-your-cluster' };
const sample = () => JSON.parse(SAMPLE.Records[0]?.body ?? '') as { detail: Record<string, unknown> };
const eventOf = (...bodies: readonly unknown[]): SQSEvent => {
  const [record] = SAMPLE.Records;
  if (record === undefined) throw new Error('the sample has no record');
  return {
    Records: bodies.map((body) => ({ ...record, body: typeof body === 'string' ? body : JSON.stringify(body) })),
  };
};
const changed = (detail: object, event: object = {}) => ({
  ...sample(),
  ...event,
  detail: { ...sample().detail, ...detail },
});

describe('startedTasks', () => {
  it('gives a task as DescribeTasks would', () => {
    const [[cluster, tasks] = []] = startedTasks(SAMPLE, [CLUSTER]);
    expect(cluster).toBe(CLUSTER);
    expect(tasks).toMatchObject([
      {
        taskArn: 'arn:aws:ecs:eu-west-1:000000000000:task/name-of-your-cluster/00000000000000000000000000000001',
        group: 'service:web',
        attachments: [
          { type: 'ElasticNetworkInterface', details: [{ name: 'privateIPv4Address', value: '10.0.0.7' }] },
        ],
      },
    ]);
  });

  it('gives a task once, however often it is told', () => {
    const event = eventOf(sample(), sample(), changed({ taskArn: 'other' }));
    expect([...startedTasks(event, [CLUSTER]).values()].map((tasks) => tasks.length)).toEqual([2]);
  });

  it.each([
    ['a task that is being stopped', changed({ desiredStatus: 'STOPPED' })],
    ['a task that has not started', changed({ lastStatus: 'PENDING' })],
    ['a task of another cluster', changed({ clusterArn: 'arn:aws:ecs:eu-west-1:000000000000:cluster/other' })],
    ['another kind of event', changed({}, { 'detail-type': 'ECS Service Action' })],
    ['a text that is no event', 'hello'],
    ['nothing', 'null'],
  ])('leaves %s alone', (_, body) => {
    expect(startedTasks(eventOf(body), [CLUSTER])).toEqual(new Map());
  });

  it('looks at the region where the cluster has one', () => {
    expect(startedTasks(SAMPLE, [{ ...CLUSTER, region: 'us-east-1' }])).toEqual(new Map());
    expect(startedTasks(SAMPLE, [{ ...CLUSTER, region: 'eu-west-1' }]).size).toBe(1);
  });
});
