import { describe, expect, test } from 'vitest';
import { compileFamily, isLeftToAgent, readFamily } from '../../lib/documents.ts';

describe('isLeftToAgent', () => {
  const options = (text: string) => ({ options: { address: 'options.json', text } });

  test.each([
    ['documents rendered for an agent', options('{"version":1,"engine":"agent"}'), true],
    ['documents rendered for the functions', options('{"version":1,"engine":"lambda"}'), false],
    ['options that do not say', options('{}'), false],
    ['documents without options', {}, false],
  ])('of %s: %s', (_, texts, expected) => {
    expect(isLeftToAgent(texts)).toBe(expected);
  });

  test('refuses another engine at its place', () => {
    expect(() => isLeftToAgent(options('{"engine":"prometheus"}'))).toThrow(
      'options.json:1:11: error: engine: expected one of lambda, agent, found "prometheus"',
    );
  });
});

test('readFamily refuses a suffix that makes a namespace of it that CloudWatch refuses, at its place', () => {
  const processor = { emf_processor: { metric_namespace: 'AWS' } };
  const texts = {
    prometheus: { address: 'prometheus.yaml', text: 'scrape_configs: []' },
    agent: { address: 'agent.json', text: JSON.stringify({ logs: { metrics_collected: { prometheus: processor } } }) },
    options: { address: 'options.json', text: '{"namespace_suffix": "/ECS"}' },
  };
  expect(() => readFamily('app', texts)).toThrow(
    'options.json:1:22: error: namespace_suffix: expected a suffix that leaves a namespace of at most 255 characters not starting with "AWS/", found "AWS/ECS"',
  );
});

test('readFamily takes a unit that CloudWatch does not have for none under the profile of the agent alone', () => {
  const processor = { emf_processor: { metric_unit: { a: 'Furlongs', b: 'Bytes' } } };
  const read = (profile: string) =>
    readFamily('app', {
      prometheus: { address: 'prometheus.yaml', text: 'scrape_configs: []' },
      agent: {
        address: 'agent.json',
        text: JSON.stringify({ logs: { metrics_collected: { prometheus: processor } } }),
      },
      options: { address: 'options.json', text: JSON.stringify({ profile }) },
    });
  expect(compileFamily(read('cloudwatch-agent'), '').rules.units).toEqual(new Map([['b', 'Bytes']]));
  expect(() => read('prom-emf')).toThrow('metric_unit.a: expected one of Seconds, ');
});
