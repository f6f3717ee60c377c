import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError, startOf } from '../document/problem.ts';
import type { TargetGroup } from '../prometheus/target.ts';

type ParseGroups = (text: string, file: string) => TargetGroup[] | Promise<TargetGroup[]>;

/**
 * Reads the files of a file_sd_configs pattern, whose last part may hold `*`. Relative patterns are those of `folder`.
 * @throws {ConfigError} for a file that is there and no list of target groups, or a name without `*` that is not there.
 */
export function targetFiles(folder: string, parse: ParseGroups): (pattern: string) => Promise<readonly TargetGroup[]> {
  return async (pattern) => {
    const path = resolve(folder, pattern);
    const names = basename(path).includes('*') ? await matching(dirname(path), basename(path)) : [basename(path)];
    const groups = await Promise.all(names.map((name) => readGroups(join(dirname(path), name), parse)));
    return groups.flat();
  };
}

async function matching(folder: string, pattern: string): Promise<string[]> {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => new RegExp(`^${escaped.join('.*')}$`).test(name)).sort();
}

async function readGroups(path: string, parse: ParseGroups): Promise<TargetGroup[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    const place = startOf(path);
    throw new ConfigError([
      { severity: 'error', place, path: 'file_sd_configs', text: `cannot be read: ${error.message}` },
    ]);
  });
  return parse(text, path);
}
