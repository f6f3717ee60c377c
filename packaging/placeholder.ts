import type { Value } from './template.ts';

/** A parameter, and the text or number that stands for its value in a packaged template. */
export type Placeholder = { readonly parameter: string; readonly value: string | number; readonly isList: boolean };

/**
 * The value with references to the parameters in place of their placeholders: Ref where one is the whole of a text,
 * Fn::Sub where it is a part of it.
 * @throws {Error} for a placeholder that no reference can replace.
 */
export function withReferences(value: Value, placeholders: readonly Placeholder[]): Value {
  if (typeof value === 'string') return textWithReferences(value, placeholders);
  if (typeof value === 'number') {
    const whole = placeholders.find((each) => each.value === value);
    return whole === undefined ? value : { Ref: whole.parameter };
  }
  if (Array.isArray(value)) return value.map((each) => withReferences(each, placeholders));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value);
  const [[name, text] = ['', null]] = fields;
  if (name === 'Fn::Sub' && typeof text === 'string') return { 'Fn::Sub': substituted(text, placeholders) };
  if (name === 'Fn::Sub' && Array.isArray(text)) {
    const [format, ...variables] = text as readonly Value[];
    const rest = variables.map((each) => withReferences(each, placeholders));
    return { 'Fn::Sub': [substituted(String(format), placeholders), ...rest] };
  }
  return Object.fromEntries(
    fields.map(([key, each]) => {
      if (substituted(key, placeholders) !== key)
        throw new Error(`expected a name that no parameter is part of, found ${JSON.stringify(key)}`);
      return [key, withReferences(each, placeholders)];
    }),
  );
}

function textWithReferences(text: string, placeholders: readonly Placeholder[]): Value {
  const whole = placeholders.find(({ value }) => String(value) === text);
  if (whole !== undefined) {
    if (whole.isList) throw new Error(`parameter ${whole.parameter} is a list: !Ref it instead of its text`);
    return { Ref: whole.parameter };
  }
  // What looks like a reference in a text that is none stays what it is.
  const escaped = text.replaceAll('${', '${!');
  const replaced = substituted(escaped, placeholders);
  return replaced === escaped ? text : { 'Fn::Sub': replaced };
}

function substituted(text: string, placeholders: readonly Placeholder[]): string {
  return placeholders.reduce((replaced, { parameter, value, isList }) => {
    if (typeof value !== 'string' || !replaced.includes(value)) return replaced;
    if (isList) throw new Error(`parameter ${parameter} is a list: it cannot be part of ${JSON.stringify(text)}`);
    return replaced.replaceAll(value, `\${${parameter}}`);
  }, text);
}
