import { describe, expect, it } from 'vitest';
import { capacityOf, scalingSchema } from '../../../../lib/cloudwatch/monitoring/scaling-settings.ts';
import { parseDocument } from '../../../../lib/document/document.ts';
import { readDocument } from '../../../../lib/document/schema.ts';

const read = (text: string) => readDocument(scalingSchema, parseDocument(text, 'scaling.yaml'));

describe('scalingSchema', () => {
  it('reads a policy', () => {
    const text =
      'lag: {MetricName: m, Statistic: Average, TargetValue: "10", Range: 3-6, ScaleInCooldown: 60, DisableScaleIn: true}';
    expect(read(text)).toEqual({
      lag: {
        MetricName: 'm',
        Statistic: 'Average',
        TargetValue: 10,
        Range: '3-6',
        ScaleInCooldown: 60,
        DisableScaleIn: true,
      },
    });
  });

  const errors: readonly { name: string; input: string; expected: string }[] = [
    {
      name: 'a range that is upside down',
      input: 'Range: 6-3',
      expected: 'scaling.yaml:1:65: error: a.Range: expected the least and the most tasks such as "3-6", found "6-3"',
    },
    {
      name: 'a number for a range',
      input: 'Range: 6',
      expected: 'scaling.yaml:1:65: error: a.Range: expected a string, found 6',
    },
    {
      name: 'a service that ECS could not have',
      input: 'ServiceName: a/b',
      expected:
        'scaling.yaml:1:71: error: a.ServiceName: expected the name of an ECS service (letters, digits, - and _), found "a/b"',
    },
    {
      name: 'a unit that CloudWatch does not have',
      input: 'Unit: Tasks',
      expected: 'scaling.yaml:1:64: error: a.Unit: expected one of Seconds, Microseconds',
    },
  ];
  it.each(errors)('refuses $name', ({ input, expected }) => {
    expect(() => read(`a: {MetricName: m, Statistic: Average, TargetValue: 100, ${input}}`)).toThrow(expected);
  });

  it('refuses a target that nothing can track', () => {
    expect(() => read('a: {MetricName: m, Statistic: Sum, TargetValue: 0}')).toThrow(
      'scaling.yaml:1:49: error: a.TargetValue: expected a number above 0, found 0',
    );
  });
});

describe('capacityOf', () => {
  it.each([
    { range: '0-10', expected: { min: 0, max: 10 } },
    { range: '3-3', expected: { min: 3, max: 3 } },
    { range: '3', expected: undefined },
    { range: '-3-6', expected: undefined },
  ])('reads $range', ({ range, expected }) => {
    expect(capacityOf(range)).toEqual(expected);
  });
});
