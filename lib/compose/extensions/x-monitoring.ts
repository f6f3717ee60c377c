import type { LocatedReader } from '../file/located-reader.ts';
import { entryOf, type LocatedMapping } from '../file/located-value.ts';
import { isMapping } from './section.ts';

/** What ECS Compose-X's x-monitoring asks of the agent: to take EMF, and from which image it runs. */
export type CollectsEmf = { readonly collectsEmf: boolean; readonly image: string | undefined };

/**
 * `x-monitoring.CWAgentCollectEmf` of a service as ECS Compose-X 1.1.9 understands it: any value but false, 0 and what
 * is empty turns it on, a text "false" too. Source: measured.
 */
export function readCollectsEmf(definition: LocatedMapping, reader: LocatedReader): CollectsEmf {
  const written = entryOf(entryOf(definition, 'x-monitoring'), 'CWAgentCollectEmf');
  if (written === undefined || written.tag === 'reset') return { collectsEmf: false, image: undefined };
  const { value } = reader.document(written, ['x-monitoring', 'CWAgentCollectEmf']);
  const image = isMapping(value) ? value.OverrideImage : undefined;
  return { collectsEmf: isTruthy(value), image: typeof image === 'string' && image !== '' ? image : undefined };
}

/** Truth as Python has it. */
function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isMapping(value) ? Object.keys(value).length > 0 : Boolean(value);
}
