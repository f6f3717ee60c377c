import { expect } from 'vitest';
import { validateEmfLine } from './emf-validator.ts';

type Directive = {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
};

/** Self-metrics as CloudWatch reads them from these lines: by the values of their dimensions, then by name. */
export function selfValues(lines: readonly string[]): Record<string, Record<string, number>> {
  const values: Record<string, Record<string, number>> = {};
  for (const line of lines) {
    expect(validateEmfLine(line)).toEqual([]);
    const document = JSON.parse(line);
    for (const { Namespace, Dimensions, Metrics } of document._aws.CloudWatchMetrics as readonly Directive[]) {
      expect(Namespace).toBe('PromEmf');
      for (const dimensions of Dimensions) {
        const key = dimensions.map((name) => document[name]).join(' ');
        const known = values[key] ?? {};
        values[key] = known;
        for (const { Name } of Metrics) known[Name] = (known[Name] ?? 0) + document[Name];
      }
    }
  }
  return values;
}
