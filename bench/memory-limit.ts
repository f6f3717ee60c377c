import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A bound for the memory of a process and all it starts, as a Lambda has one. */
export type MemoryLimit = {
  /** The command, started within the bound. */
  readonly bound: (command: readonly string[]) => readonly string[];
  readonly remove: () => void;
};

/** Where cgroups of version 1 and 2 are, and the file of the limit in them. */
const HIERARCHIES = [
  { root: '/sys/fs/cgroup/memory', file: 'memory.limit_in_bytes' },
  { root: '/sys/fs/cgroup', file: 'memory.max' },
] as const;

const MB = 1024 * 1024;

/** A memory cgroup of its own; undefined where none may be made, which takes root as a rule. */
export function memoryLimit(megabytes: number): MemoryLimit | undefined {
  for (const { root, file } of HIERARCHIES) {
    const folder = join(root, `prom-emf-bench-${process.pid}`);
    try {
      mkdirSync(folder);
      if (!existsSync(join(folder, file))) {
        rmdirSync(folder);
        continue;
      }
      writeFileSync(join(folder, file), String(megabytes * MB));
    } catch {
      continue;
    }
    const script = `echo $$ > ${join(folder, 'cgroup.procs')} && exec "$@"`;
    return { bound: (command) => ['sh', '-c', script, 'sh', ...command], remove: () => rmdirSync(folder) };
  }
  return undefined;
}
