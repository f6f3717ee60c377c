import * as v from 'valibot';
import type { Cluster } from '../lib/ports.ts';
import { listSetting } from './environment.ts';
import { jsonSetting } from './json-setting.ts';

const text = v.pipe(v.string(), v.nonEmpty());
const remoteClusters = v.array(
  v.strictObject({
    name: text,
    region: v.optional(text),
    role_arn: v.pipe(v.string(), v.regex(/^arn:[^:]+:iam::\d{12}:role\/.+$/, 'expected the ARN of a role')),
    external_id: v.optional(text),
  }),
);

/**
 * The clusters of the stack: those of `CLUSTERS`, names separated by commas, each with an optional `@region`, and those
 * of `REMOTE_CLUSTERS`, a list in JSON of those that are read in another role.
 * @throws {Error} naming the variable, and what is wrong with it.
 */
export function clusters(): Cluster[] {
  const own = listSetting('CLUSTERS').map((entry): Cluster => {
    const [name = '', region] = entry.split('@');
    return region === undefined ? { name } : { name, region };
  });
  const all = [...own, ...readRemote(process.env.REMOTE_CLUSTERS || '[]')];
  if (all.length === 0) throw new Error('environment variables CLUSTERS and REMOTE_CLUSTERS name no cluster');
  const names = all.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new Error(
      `environment variables CLUSTERS and REMOTE_CLUSTERS: cluster ${twice} is named twice; documents and state are kept by name, so that a second one of that name needs a stage of its own`,
    );
  return all;
}

function readRemote(json: string): Cluster[] {
  const example = '[{"name": "prod", "region": "eu-west-1", "role_arn": "arn:aws:iam::000000000000:role/..."}]';
  return jsonSetting('REMOTE_CLUSTERS', json, remoteClusters, example);
}
