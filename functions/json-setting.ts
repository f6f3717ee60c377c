import * as v from 'valibot';

/** The value of a setting in JSON. @throws {Error} naming the variable, the place in it, and what is expected. */
export function jsonSetting<const Schema extends v.GenericSchema>(
  name: string,
  json: string,
  schema: Schema,
  example: string,
): v.InferOutput<Schema> {
  try {
    return v.parse(schema, JSON.parse(json));
  } catch (error) {
    const { message } = error as Error;
    const place = error instanceof v.ValiError ? ` (${v.getDotPath(error.issues[0]) ?? 'the whole'})` : '';
    throw new Error(`environment variable ${name}: ${message}${place}; expected a list such as ${example}`, {
      cause: error,
    });
  }
}
