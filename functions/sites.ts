import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import { s3PlanStore, s3SecretStore } from '../lib/io/s3.ts';
import { sqsQueue } from '../lib/io/sqs.ts';
import type { Site } from '../lib/site.ts';
import { jsonSetting } from './json-setting.ts';

const text = v.pipe(v.string(), v.nonEmpty());
const schema = v.array(
  v.strictObject({ name: text, vpc_ids: v.pipe(v.array(text), v.nonEmpty()), queue_name: text, bucket: text }),
);
const EXAMPLE =
  '[{"name": "b", "vpc_ids": ["vpc-..."], "queue_name": "prom-emf-b-shards", "bucket": "prom-emf-b-000000000000-eu-west-1"}]';

/** The sites of `SITES`, a list in JSON: other stacks whose scrape asks the targets of other VPCs. */
export function openSites(s3: S3Client, sqs: SQSClient): Site[] {
  return jsonSetting('SITES', process.env.SITES || '[]', schema, EXAMPLE).map(
    ({ name, vpc_ids, queue_name, bucket }) => ({
      name,
      vpc_ids,
      ports: {
        plans: s3PlanStore(s3, bucket),
        secrets: s3SecretStore(s3, bucket),
        queue: sqsQueue(sqs, queue_name),
        // Shards of a site are sized by their targets: nobody else may read what its scrape keeps.
        loads: async () => new Map(),
      },
    }),
  );
}
