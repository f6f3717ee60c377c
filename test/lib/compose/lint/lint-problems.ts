import { ConfigError, formatProblem } from '../../../../lib/document/problem.ts';
import { type RenderSettings, renderFamilies } from '../../../../lib/render.ts';
import { rulePacks } from '../extensions/rule-packs.ts';

/** What rendering a compose file says, errors and warnings alike, for the cluster `prod`. */
export function warningsOf(text: string, settings: Partial<RenderSettings> = {}, file = 'c.yaml'): string[] {
  try {
    const { warnings } = renderFamilies([{ file, text }], { cluster: 'prod', rulePacks, environment: {}, ...settings });
    return warnings.map(formatProblem);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem);
    throw error;
  }
}
