import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));

/** The checkout, seen from dist/bench as from bench. */
export const ROOT = folder.endsWith(join('dist', 'bench')) ? join(folder, '../..') : join(folder, '..');
