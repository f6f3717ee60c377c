import { parseRulePack } from '../../../lib/compose/rule-pack.ts';
import appmesh from '../../../rules/appmesh.json' with { type: 'json' };
import javajmx from '../../../rules/javajmx.json' with { type: 'json' };
import nginx from '../../../rules/nginx.json' with { type: 'json' };

/** The rule packs of this repository. */
export const rulePacks = [appmesh, javajmx, nginx].map((document) => parseRulePack(document));
