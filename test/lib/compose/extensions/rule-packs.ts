import { parseRulePack } from '../../../../lib/compose/extensions/rule-pack.ts';
import { packs } from '../../../../rules/index.ts';

/** The rule packs of this repository. */
export const rulePacks = packs.map((document) => parseRulePack(document));
