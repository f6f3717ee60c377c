import { compileAnchoredRegex, compileRegex } from '../../lib/prometheus/regex.ts';
import { readLines } from './lines.ts';
import type { Outcome, Topic } from './topic.ts';

type RecordedMatch = {
  input: string;
  search: boolean;
  full: boolean;
  groups?: (string | null)[];
  expand_full?: string;
  replace_all?: string;
};
type RecordedRegex = {
  id: string;
  pattern: string;
  template?: string;
  go: { compiles: boolean; results?: RecordedMatch[]; template?: string };
};

/** What Go's regexp package answers for a pattern and its inputs. */
export const topic: Topic = {
  name: 'regex',
  run: async (folder) => (await readLines<RecordedRegex>(folder)).map(runCase),
};

function runCase(recorded: RecordedRegex): Outcome {
  const detail = faultOf(recorded);
  return detail === undefined
    ? { case: recorded.id, outcome: 'passed' }
    : { case: recorded.id, outcome: 'failed', detail };
}

function faultOf({ pattern, go, template: outer }: RecordedRegex): string | undefined {
  const template = outer ?? go.template ?? '';
  let searched: ReturnType<typeof compileRegex>;
  try {
    searched = compileRegex(pattern);
  } catch (error) {
    return go.compiles ? `does not compile: ${(error as Error).message}` : undefined;
  }
  if (!go.compiles) return 'compiles';
  const anchored = compileAnchoredRegex(pattern);
  for (const expected of go.results ?? []) {
    const groups = searched.match(expected.input);
    const full = anchored.match(expected.input);
    const found = {
      input: expected.input,
      search: searched.search(expected.input),
      full: full !== undefined,
      ...(expected.groups && { groups: groups?.map((group) => group ?? null) }),
      ...(expected.expand_full !== undefined && { expand_full: anchored.expand(template, full ?? []) }),
      ...(expected.replace_all !== undefined && { replace_all: searched.replaceAll(expected.input, template) }),
    };
    for (const [key, value] of Object.entries(found)) {
      const wanted = JSON.stringify(expected[key as keyof RecordedMatch]);
      if (JSON.stringify(value) !== wanted)
        return `${JSON.stringify(expected.input)}: expected ${key} ${wanted}, found ${JSON.stringify(value)}`;
    }
  }
  return undefined;
}
