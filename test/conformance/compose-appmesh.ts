import { join } from 'node:path';
import { ConfigError } from '../../lib/document/problem.ts';
import { caseFolders, differenceOf, renderCase } from './compose.ts';
import type { Outcome, Topic } from './topic.ts';

/** Documents and sidecars are those of ECS Compose-X 1.0.1, the last release that rendered App Mesh. */
export const topic: Topic = {
  name: 'compose-appmesh',
  run: async (folder) => caseFolders(folder).map((name) => runCase(join(folder, name), name)),
};

function runCase(folder: string, name: string): Outcome {
  const rendered = renderCase(folder, 'compose-x@1.0.1');
  const detail = rendered instanceof ConfigError ? `refused: ${rendered.message}` : differenceOf(folder, rendered);
  return detail === undefined ? { case: name, outcome: 'passed' } : { case: name, outcome: 'failed', detail };
}
