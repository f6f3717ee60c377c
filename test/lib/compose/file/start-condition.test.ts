import { expect, it } from 'vitest';
import { parseComposeFiles } from '../../../../lib/compose/file/compose-file.ts';
import { readStartCondition } from '../../../../lib/compose/file/start-condition.ts';

const cases = [
  { name: 'says nothing of its own', written: '{image: example/app:1}', expected: undefined },
  {
    name: 'takes the deploy label',
    written: '{deploy: {labels: {ecs.depends.condition: SUCCESS}}}',
    expected: 'SUCCESS',
  },
  {
    name: 'takes the label from a list',
    written: '{deploy: {labels: [ecs.depends.condition=COMPLETE]}}',
    expected: 'COMPLETE',
  },
  {
    name: 'leaves a label that ECS does not know',
    written: '{deploy: {labels: {ecs.depends.condition: UP}}}',
    expected: undefined,
  },
  { name: 'is healthy with a health check', written: '{healthcheck: {test: [CMD, "true"]}}', expected: 'HEALTHY' },
  {
    name: 'is healthy with a health check in a shell',
    written: '{healthcheck: {test: "curl localhost"}}',
    expected: 'HEALTHY',
  },
  {
    name: 'puts the health check before the label',
    written: '{healthcheck: {test: [CMD, "true"]}, deploy: {labels: {ecs.depends.condition: SUCCESS}}}',
    expected: 'HEALTHY',
  },
  {
    name: 'leaves a disabled health check',
    written: '{healthcheck: {disable: true, test: [CMD, "true"]}}',
    expected: undefined,
  },
  { name: 'leaves a health check of NONE', written: '{healthcheck: {test: [NONE]}}', expected: undefined },
  { name: 'leaves a health check without a test', written: '{healthcheck: {interval: 10s}}', expected: undefined },
];

it.each(cases)('$name', ({ written, expected }) => {
  const text = `services:\n  app: ${written}\n`;
  const { services, reader } = parseComposeFiles([{ file: 'compose.yaml', text }], { variables: {}, problems: [] });
  expect(readStartCondition('app', services.get('app')!, reader)).toBe(expected);
});
