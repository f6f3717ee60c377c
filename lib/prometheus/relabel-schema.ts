import * as v from 'valibot';
import { absentOr, closed, foundOf, list, nullableText, parsedText, text } from '../document/schema.ts';
import { countDigits } from './count-text.ts';
import { compileAnchoredRegex } from './regex.ts';
import { RELABEL_ACTIONS, type RelabelAction, relabelConfigFault } from './relabel.ts';

const action = v.pipe(
  text,
  v.transform((value) => value.toLowerCase()),
  v.picklist(
    RELABEL_ACTIONS,
    (issue) => `expected one of ${RELABEL_ACTIONS.join(', ')}, found ${foundOf(issue.input)}`,
  ),
);

const sourceLabel = v.pipe(
  v.nullable(text),
  v.check((name) => name !== '', 'expected a label name, found ""'),
  v.transform((name) => name ?? ''),
);

const relabelFields = closed({
  source_labels: v.optional(v.nullable(list(sourceLabel))),
  separator: v.optional(nullableText),
  regex: v.optional(v.nullable(parsedText(compileAnchoredRegex), '')),
  modulus: absentOr(countDigits),
  target_label: v.optional(nullableText),
  replacement: v.optional(nullableText),
  action: v.optional(action),
});

/** relabel_configs; the modulus stays a text of digits, since JSON numbers end at 2^53. */
export const relabelConfigsSchema = (validation: 'utf8' | 'legacy') =>
  list(
    v.pipe(
      relabelFields,
      v.rawCheck(({ dataset, addIssue }) => {
        if (!dataset.typed || dataset.issues !== undefined) return;
        const fault = relabelConfigFault(relabelConfigOf(dataset.value), validation);
        if (fault !== undefined) addIssue({ message: fault });
      }),
    ),
  );

export type WrittenRelabelConfig = v.InferOutput<typeof relabelFields>;

/** The written configuration with its modulus as a number of 64 bits. */
export function relabelConfigOf({ modulus, source_labels, ...rest }: WrittenRelabelConfig) {
  return {
    ...rest,
    action: rest.action as RelabelAction | undefined,
    ...(source_labels === undefined || source_labels === null ? {} : { source_labels }),
    ...(modulus === undefined ? {} : { modulus: BigInt(modulus) }),
  };
}
