import appmesh from './appmesh.json' with { type: 'json' };
import javajmx from './javajmx.json' with { type: 'json' };
import nginx from './nginx.json' with { type: 'json' };

/** Every rule pack that ships, as data: parseRulePack checks it. */
export const packs: readonly unknown[] = [appmesh, javajmx, nginx];
