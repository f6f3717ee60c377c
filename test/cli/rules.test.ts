import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packs } from '../../rules/index.ts';
import { promEmf } from './command.ts';

describe('rules', () => {
  it('lists every pack, one a line under a heading', async () => {
    const { stdout, stderr, status } = await promEmf('rules');
    expect(stdout.trimEnd().split('\n')).toHaveLength(packs.length + 1);
    expect(stdout).toMatch(/^nginx +:9113\/metrics +1 +9 +ContainersInsights\.CollectForNginx +NGINX, through/m);
    expect([stderr, status]).toEqual(['', 0]);
  });

  it('lists them as JSON', async () => {
    const { stdout } = await promEmf('rules', '--json');
    expect((JSON.parse(stdout) as { name: string }[]).map(({ name }) => name)).toContain('kafka-connect');
  });

  it('prints a pack as JSON', async () => {
    const { stdout, status } = await promEmf('rules', 'redis');
    expect(JSON.parse(stdout)).toMatchObject({ name: 'redis', discovery: { port: 9121 } });
    expect(status).toBe(0);
  });

  it('checks a pack in a file and names the place of each problem', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'prom-emf-test-')), 'mine.yaml');
    await writeFile(file, 'version: 1\nname: mine\ntitle: Mine\nsource: []\ndiscovery: {}\nmetric_declaration: 5\n');
    const { stdout, stderr, status } = await promEmf('rules', file);
    expect(stderr).toContain(`${file}:5:12: error: discovery.port: missing key "port"\n`);
    expect(stderr).toContain(`${file}:6:21: error: metric_declaration: expected a list, found 5\n`);
    expect([stdout, status]).toEqual(['', 2]);
  });

  const wrong: [string, string[], RegExp][] = [
    [
      'a pack that is not there',
      ['nope'],
      /expected a rule pack \(appmesh, .*\) or a file such as \.\/nope\.json, found "nope"/,
    ],
    ['a file that is not there', ['./nope.json'], /^\.\/nope\.json:1:1: error: cannot be read: there is no such file/],
    ['two names', ['redis', 'nginx'], /rules takes one name or file; prom-emf rules --help tells more/],
  ];
  it.each(wrong)('ends with 2 for %s', async (_, args, message) => {
    const { stderr, status } = await promEmf('rules', ...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});
