import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { parseRulePack, parseRulePackText } from '../../lib/compose/extensions/rule-pack.ts';
import { renderFamilies } from '../../lib/render.ts';
import { summarizeRulePacks } from '../../lib/rule-packs.ts';
import { packs } from '../../rules/index.ts';
import { bodiesOf } from './bodies.ts';

const DOCUMENT = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');
const USD_A_METRIC = 0.3;

/** The table of docs/rules.md, from the data. */
function table(): string {
  const rows = summarizeRulePacks(packs.map((pack) => parseRulePack(pack))).map((pack) => {
    const { name, title, port, path, typical_metric_count: count = 0, switches } = pack;
    const bodies = bodiesOf(name).map(({ file }) => basename(file).replace(/(\.text\.1)?\.prom$/, ''));
    const key = switches.map((each) => `\`${each.replace(/^.*\.(CollectFor)/, '$1')}\``).join(' or ');
    const usd = (count * USD_A_METRIC).toFixed(2);
    return `| **${name}**: ${title} | ${key} | \`:${port}${path}\` | ${count} (${usd} USD) | ${bodies.join(', ')} |`;
  });
  const heading = [
    '| pack | switched on by | found at | CloudWatch metrics, a month | tried on |',
    '|---|---|---|---|---|',
  ];
  return [...heading, ...rows].join('\n');
}

it('lists the packs as they are', () => {
  const [, found] = /<!-- packs: [^>]*-->\n([\s\S]*?)\n<!-- \/packs -->/.exec(DOCUMENT) ?? [];
  expect(found).toBe(table());
});

it('shows a compose file that switches a pack on', () => {
  const [, text = ''] = /```yaml\n(services:\n[\s\S]*?)```/.exec(DOCUMENT) ?? [];
  const rulePacks = packs.map((pack) => parseRulePack(pack));
  const { families, warnings } = renderFamilies([{ file: 'compose.yaml', text }], {
    cluster: 'prod',
    rulePacks,
    environment: {},
  });
  expect(warnings).toEqual([]);
  expect(families.map(({ family, agent }) => [family, agent.includes('redis_keyspace')])).toEqual([['cache', true]]);
});

it('shows a pack that can be used, and names every key of one', () => {
  const [example = ''] = [...DOCUMENT.matchAll(/```yaml\n(version: 1\n[\s\S]*?)```/g)].map(([, text = '']) => text);
  expect(parseRulePackText(example, 'docs/rules.md')).toMatchObject({ name: 'sidekiq' });
  expect(() => parseRulePackText(`${example}x: 1\n`, 'docs/rules.md')).toThrow(/known keys: /);
  const known = /known keys: (.*)/.exec(messageOf(`${example}x: 1\n`))?.[1]?.split(', ') ?? [];
  expect(known.filter((key) => !DOCUMENT.includes(`\`${key}\``))).toEqual([]);
});

function messageOf(text: string): string {
  try {
    parseRulePackText(text, 'docs/rules.md');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

it('tells how each body came to be', () => {
  const told = readFileSync(new URL('bodies/README.md', import.meta.url), 'utf8');
  const files = packs.flatMap((pack) => bodiesOf(parseRulePack(pack).name).map(({ file }) => file));
  const own = files.filter((file) => file.startsWith('bodies/')).map((file) => basename(file));
  expect([...new Set(own)].filter((file) => !told.includes(`\`${file}\``))).toEqual([]);
});
