import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { promEmf } from './command.ts';

const compose = (port: number, ...families: readonly string[]) =>
  `services:\n${families
    .map(
      (family) =>
        `  ${family}: {image: web, ports: ["${port}"], x-prometheus: {ContainersInsights: {CollectForNginx: {ExporterPort: ${port}}}}}\n`,
    )
    .join('')}`;

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prom-emf-test-'));
  out = join(folder, 'out');
});

async function render(text: string, ...args: readonly string[]) {
  const file = join(folder, 'compose.yaml');
  await writeFile(file, text);
  return promEmf('render', file, '--cluster', 'prod', '--out', out, ...args);
}

describe('render --out', () => {
  it('prints the addresses on stdout, and what became of each family on stderr', async () => {
    const first = await render(compose(9113, 'web'));
    expect(first).toMatchObject({ status: 0 });
    expect(first.stdout.split('\n')).toContain(join(out, 'web', 'agent.json'));
    expect(first.stderr).toMatch(
      /^web: created in .*\/out: prometheus \d+ bytes, agent \d+ bytes, options \d+ bytes$/m,
    );
    const second = await render(compose(9113, 'web'));
    expect(second.stdout).toBe(first.stdout);
    expect(second.stderr).toMatch(/^web: unchanged in /m);
  });

  it('prints both as JSON when asked', async () => {
    const { stdout, stderr } = await render(compose(9113, 'web'), '--json');
    expect(JSON.parse(stdout)).toContain(join(out, 'web', 'agent.json'));
    expect(JSON.parse(stderr)).toMatchObject({
      warnings: [],
      sizes: { web: { agent: expect.any(Number) } },
      outcomes: [{ family: 'web', outcome: 'created', target: out, problems: [] }],
    });
  });

  it('shows with --dry-run what would change, and writes nothing', async () => {
    await render(compose(9113, 'web'));
    const before = await readFile(join(out, 'web', 'agent.json'), 'utf8');
    const { status, stdout, stderr } = await render(compose(9114, 'web', 'api'), '--dry-run');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^--- web\/agent\tdeployed$/m);
    expect(stdout).toMatch(/^-.*9113/m);
    expect(stdout).toMatch(/^\+.*9114/m);
    expect(stderr).toMatch(/^web: would be changed in /m);
    expect(stderr).toMatch(/^api: would be created in /m);
    expect(await readFile(join(out, 'web', 'agent.json'), 'utf8')).toBe(before);
    expect(await readdir(out)).toEqual(['.prom-emf.json', 'web']);
  });

  it('deletes with --prune the families that its project no longer has', async () => {
    await render(`name: shop\n${compose(9113, 'web', 'api')}`);
    await render(compose(9113, 'other'), '--project', 'blog');
    const dry = await render(`name: shop\n${compose(9113, 'web')}`, '--prune', '--dry-run', '--json');
    expect(JSON.parse(dry.stdout)).toMatchObject([
      { family: 'web', outcome: 'unchanged', diff: '' },
      { family: 'api', outcome: 'pruned', diff: expect.stringContaining('+++ /dev/null') },
    ]);
    const { stderr } = await render(`name: shop\n${compose(9113, 'web')}`, '--prune');
    expect(stderr).toMatch(/^api: pruned in /m);
    expect(await readdir(out)).toEqual(['.prom-emf.json', 'other', 'web']);
  });

  it('ends with 1 when a family cannot be written, and writes the others', async () => {
    await render(compose(9113, 'web'), '--project', 'shop');
    const { status, stdout, stderr } = await render(compose(9113, 'web', 'api'), '--project', 'blog');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^web: failed in .*: these documents belong to project "shop", found project "blog"/m);
    expect(stdout).toContain(join(out, 'api', 'agent.json'));
    expect(stdout).not.toContain(join(out, 'web', 'agent.json'));
  });

  it.each([
    { args: ['--prune'], expected: '--prune needs a project: give --project NAME, or write name: NAME in the compose' },
    { args: ['--bucket', 'b'], expected: '--bucket goes with --ssm PREFIX' },
  ])('refuses $args with 2', async ({ args, expected }) => {
    const { status, stderr, stdout } = await render(compose(9113, 'web'), ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(expected);
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });
});
