import type { ChosenOptions, Options } from '../../cloudwatch/options.ts';
import type { Engine } from '../family/family.ts';

/** The options document of a family: what was chosen, and the profile, which is what people will want to change. */
export function renderOptions(
  chosen: ChosenOptions,
  engine: Engine,
): ChosenOptions & Pick<Options, 'version' | 'engine'> {
  return { version: 1, ...(engine === 'agent' && { engine }), profile: 'prom-emf', ...chosen };
}
