import type { Options } from '../cloudwatch/options.ts';

/** The options document of a family: everything at its default, written out where people will want to change it. */
export function renderOptions(): Pick<Options, 'version' | 'profile'> {
  return { version: 1, profile: 'prom-emf' };
}
