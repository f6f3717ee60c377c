import { describe, expect, it } from 'vitest';
import type { MetricDeclaration } from '../../../lib/cloudwatch/agent-config.ts';
import { compileDeclarations, type Selection } from '../../../lib/cloudwatch/metric-declaration.ts';

const LABELS = { job: 'j', container_name: 'connect', ClusterName: 'c', connector: 'x' };

/** A declaration that selects everything with the label job. */
function declare(declaration: MetricDeclaration): MetricDeclaration {
  return { source_labels: ['job'], metric_selectors: ['.*'], dimensions: [['ClusterName']], ...declaration };
}

/** A selection with the declarations that apply by their index alone. */
type Selected = Pick<Selection, 'dimensionSets' | 'missing'> & { readonly declarations: readonly number[] };

const selected = (partial: Partial<Selected> = {}): Selected => ({
  dimensionSets: [['ClusterName']],
  declarations: [0],
  missing: [],
  ...partial,
});

describe('compileDeclarations', () => {
  const rows: readonly {
    name: string;
    declarations: readonly MetricDeclaration[];
    metric?: string;
    maxDimensions?: number;
    expected: Selected | undefined;
  }[] = [
    { name: 'selects by name and label', declarations: [declare({})], expected: selected() },
    {
      name: 'finds a selector anywhere in the name',
      declarations: [declare({ metric_selectors: ['onnect'] })],
      expected: selected(),
    },
    {
      name: 'heeds the anchors of a selector',
      declarations: [declare({ metric_selectors: ['^onnect$'] })],
      expected: undefined,
    },
    {
      name: 'takes any of the selectors',
      declarations: [declare({ metric_selectors: ['^x$', 'tasks$'] })],
      expected: selected(),
    },
    {
      name: 'finds a matcher anywhere in the labels',
      declarations: [declare({ source_labels: ['container_name'], label_matcher: 'onn' })],
      expected: selected(),
    },
    {
      name: 'selects nothing where the matcher is not found',
      declarations: [declare({ label_matcher: '^x$' })],
      expected: undefined,
    },
    {
      name: 'joins source labels with ;',
      declarations: [declare({ source_labels: ['job', 'connector'], label_matcher: '^j;x$' })],
      expected: selected(),
    },
    {
      name: 'joins source labels with label_separator',
      declarations: [declare({ source_labels: ['job', 'connector'], label_separator: '/', label_matcher: '^j/x$' })],
      expected: selected(),
    },
    {
      name: 'reads an absent source label as nothing',
      declarations: [declare({ source_labels: ['no', 'job'], label_matcher: '^;j$' })],
      expected: selected(),
    },
    {
      name: 'selects nothing without source_labels',
      declarations: [declare({ source_labels: [] })],
      expected: undefined,
    },
    {
      name: 'selects nothing without metric_selectors',
      declarations: [declare({ metric_selectors: [] })],
      expected: undefined,
    },
    {
      name: 'gives the dimension sets whose labels are all there, names sorted',
      declarations: [declare({ dimensions: [['connector', 'ClusterName'], ['ClusterName', 'no'], []] })],
      expected: selected({
        dimensionSets: [['ClusterName', 'connector'], []],
        missing: [{ declaration: 0, labels: ['no'] }],
      }),
    },
    {
      name: 'gives each dimension set once over all declarations',
      declarations: [
        declare({ dimensions: [['job', 'connector']] }),
        declare({
          dimensions: [
            ['connector', 'job'],
            ['job', 'job'],
          ],
        }),
      ],
      expected: selected({ dimensionSets: [['connector', 'job'], ['job']], declarations: [0, 1] }),
    },
    {
      name: 'tells what is missing where no set applies',
      declarations: [
        declare({}),
        declare({
          dimensions: [
            ['no', 'job'],
            ['nor', 'no'],
          ],
        }),
      ],
      expected: selected({ missing: [{ declaration: 1, labels: ['no', 'nor'] }] }),
    },
    {
      name: 'tells what a set lacks also where another applies',
      declarations: [declare({ dimensions: [['ClusterName'], ['no']] })],
      expected: selected({ missing: [{ declaration: 0, labels: ['no'] }] }),
    },
    {
      name: 'selects without dimension sets',
      declarations: [declare({ dimensions: [] })],
      expected: selected({ dimensionSets: [], declarations: [] }),
    },
    {
      name: 'leaves out sets that are too long',
      declarations: [declare({ dimensions: [['ClusterName', 'job', 'connector'], ['ClusterName']] })],
      maxDimensions: 2,
      expected: selected(),
    },
    { name: 'selects nothing without declarations', declarations: [], expected: undefined },
  ];
  it.each(rows)('$name', ({ declarations, metric = 'connect_tasks', maxDimensions, expected }) => {
    const settings = maxDimensions === undefined ? {} : { maxDimensions };
    const { select } = compileDeclarations({ metric_declaration: [...declarations] }, settings);
    const selection = select(metric, new Map(Object.entries(LABELS)));
    const { applied = [], ...rest } = selection ?? {};
    const found = selection && { ...rest, declarations: applied.map(({ declaration }) => declaration) };
    expect(found).toEqual(expected);
  });

  it('decides by name whether a declaration could select', () => {
    const { couldSelect } = compileDeclarations({ metric_declaration: [declare({ metric_selectors: ['^a'] })] });
    expect(['ab', 'ba'].map(couldSelect)).toEqual([true, false]);
  });

  it('selects nothing without a processor', () => {
    expect(compileDeclarations(undefined).couldSelect('a')).toBe(false);
  });

  it('gives the same answer again', () => {
    const { select } = compileDeclarations({ metric_declaration: [declare({ label_matcher: '^j$' })] });
    const answers = ['j', 'k', 'j', 'k'].map((job) =>
      select(
        'a',
        new Map([
          ['job', job],
          ['ClusterName', 'c'],
        ]),
      ),
    );
    expect(answers.map((answer) => answer !== undefined)).toEqual([true, false, true, false]);
  });
});
