import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { ConfigError, type Problem } from '../../lib/document/problem.ts';
import { type Rendered, readRulePacks, renderFamilies } from '../../lib/render.ts';
import { packs } from '../../rules/index.ts';

/** A JSON Schema as far as the tests walk it. */
export type JsonSchema = {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | false;
  readonly items?: JsonSchema;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
};

export const composeSchema = JSON.parse(
  readFileSync(new URL('../../schema/compose.schema.json', import.meta.url), 'utf8'),
) as JsonSchema;

const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
// Keywords that editors know beside those of JSON Schema.
ajv.addVocabulary(['errorMessage', 'patternErrorMessage', 'doNotSuggest']);
const validate = ajv.compile(composeSchema);
const rulePacks = readRulePacks(packs);

/** What the JSON Schema says of a compose file: nothing when it accepts it. */
export function schemaFaults(text: string): readonly string[] {
  if (validate(parse(text, { merge: true, logLevel: 'silent' }))) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** What rendering gives, or every problem of a file that it refuses. */
export function renderText(text: string): Rendered | readonly Problem[] {
  try {
    const settings = { cluster: 'prod', rulePacks, environment: {} };
    return renderFamilies([{ file: 'compose.yaml', text }], settings);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** Accepted in silence, accepted with warnings, or refused. */
export type Verdict = 'accept' | 'warn' | 'reject';

export function renderVerdict(text: string): { readonly verdict: Verdict; readonly problems: readonly Problem[] } {
  const rendered = renderText(text);
  if (!('families' in rendered)) return { verdict: 'reject', problems: rendered };
  return { verdict: rendered.warnings.length > 0 ? 'warn' : 'accept', problems: rendered.warnings };
}
