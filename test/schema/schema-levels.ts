import type { Path } from '../../lib/document/document.ts';
import { composeSchema, type JsonSchema } from './judge.ts';

/** A name where any will do: of a service, an alarm, a query parameter. */
const ANY_NAME = 'any';

/** A place in a compose file that the JSON Schema says something of. */
export type Level = { readonly path: Path; readonly schema: JsonSchema };

/** Every place below `path` that a schema describes; a place with alternatives appears once for each. */
export function levelsOf(schema: JsonSchema, path: Path = []): Level[] {
  const { properties = {}, additionalProperties, items, allOf = [], anyOf = [] } = schema;
  const named = Object.entries(properties).flatMap(([key, value]) => levelsOf(value, [...path, key]));
  const others = additionalProperties ? levelsOf(additionalProperties, [...path, ANY_NAME]) : [];
  const parts = [...definitionOf(schema), ...allOf, ...anyOf].flatMap((part) => levelsOf(part, path));
  return [{ path, schema }, ...named, ...others, ...(items ? levelsOf(items, [...path, 0]) : []), ...parts];
}

function definitionOf({ $ref }: JsonSchema): JsonSchema[] {
  const definition = $ref && composeSchema.definitions?.[$ref.replace('#/definitions/', '')];
  return definition ? [definition] : [];
}

/** Whether a reader is told what stands there, by this schema or by the definition it names. */
export function isDescribed(schema: JsonSchema): boolean {
  return schema.description !== undefined || definitionOf(schema).some(isDescribed);
}

/** A compose file, as JSON, that holds nothing but `value` at `path`. */
export function fileWith(path: Path, value: unknown): string {
  const nested = path.reduceRight((inner, key) => (typeof key === 'number' ? [inner] : { [key]: inner }), value);
  return JSON.stringify(nested);
}
