/** As much of a template as its values depend on. */
export type Template = {
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, unknown>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
};

// biome-ignore lint/suspicious/noExplicitAny: a template is as deep as CloudFormation likes it
export type Resolved = { readonly Resources: Record<string, any>; readonly Outputs: Record<string, any> };

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::AccountId': '000000000000',
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-west-1',
};
/** Stands for AWS::NoValue: what has it is left out. */
const NO_VALUE = Symbol('AWS::NoValue');

/**
 * What CloudFormation makes of a template with these parameters, the others having their defaults: conditions decided,
 * functions called. A resource is `ID`, its attribute `ID.ATTRIBUTE`.
 * @throws {Error} for what a stack would be refused for: a parameter without a value, a name or function unknown here.
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
 */
export function resolveTemplate(template: Template, given: Readonly<Record<string, string>> = {}): Resolved {
  const unknown = Object.keys(given).filter((name) => template.Parameters?.[name] === undefined);
  if (unknown.length > 0) throw new Error(`the template has no parameter ${unknown.join(', ')}`);

  const isTrue = (condition: string): boolean => {
    const definition = template.Conditions?.[condition];
    if (definition === undefined) throw new Error(`the template has no condition ${condition}`);
    return resolve(definition) === true;
  };
  const reference = (name: string): unknown => {
    if (name === 'AWS::NoValue') return NO_VALUE;
    if (PSEUDO[name] !== undefined) return PSEUDO[name];
    const parameter = template.Parameters?.[name];
    if (parameter !== undefined) {
      const value = given[name] ?? parameter.Default;
      if (value === undefined) throw new Error(`parameter ${name} has no value`);
      return /^(List<|CommaDelimitedList)/.test(parameter.Type) ? String(value).split(',') : String(value);
    }
    const [id = ''] = name.split('.');
    if (template.Resources[id] === undefined) throw new Error(`the template has no ${name}`);
    return name;
  };
  const calls: Readonly<Record<string, (argument: unknown) => unknown>> = {
    Ref: (name) => reference(String(name)),
    'Fn::GetAtt': (path) => reference((path as string[]).join('.')),
    'Fn::Sub': (argument) => {
      const [text, variables] = [argument].flat() as [string, Readonly<Record<string, unknown>>?];
      const valueNamed = (name: string) =>
        variables?.[name] === undefined ? reference(name) : resolve(variables[name]);
      return text.replace(/\$\{(!?)([^}]+)\}/g, (_, escaped: string, name: string) =>
        escaped === '' ? textOf(valueNamed(name)) : `\${${name}}`,
      );
    },
    'Fn::Join': (argument) => {
      const [separator, parts] = resolve(argument) as [string, unknown[]];
      return parts.map(textOf).join(separator);
    },
    'Fn::Split': (argument) => {
      const [separator, text] = resolve(argument) as [string, unknown];
      return textOf(text).split(separator);
    },
    'Fn::Select': (argument) => {
      const [index, list] = resolve(argument) as [number, unknown[]];
      if (list[index] === undefined) throw new Error(`Fn::Select: there is no value at ${index} of ${list.length}`);
      return list[index];
    },
    'Fn::If': (argument) => {
      const [condition, yes, no] = argument as [string, unknown, unknown];
      return resolve(isTrue(condition) ? yes : no);
    },
    'Fn::Equals': (argument) => {
      const [left, right] = resolve(argument) as [unknown, unknown];
      return textOf(left) === textOf(right);
    },
    'Fn::Not': (argument) => (resolve(argument) as [boolean])[0] === false,
    'Fn::And': (argument) => (resolve(argument) as boolean[]).every(Boolean),
    'Fn::Or': (argument) => (resolve(argument) as boolean[]).some(Boolean),
  };
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve).filter((each) => each !== NO_VALUE);
    if (typeof value !== 'object' || value === null) return value;
    const [[name, argument] = ['', undefined], ...others] = Object.entries(value);
    if (others.length === 0 && calls[name] !== undefined) return calls[name](argument);
    // The condition of a statement is an object, that which names another condition a text.
    if (others.length === 0 && name === 'Condition' && typeof argument === 'string') return isTrue(argument);
    if (name.startsWith('Fn::')) throw new Error(`${name} is unknown to this test`);
    const entries = Object.entries(value).map(([key, each]) => [key, resolve(each)] as const);
    return Object.fromEntries(entries.filter(([, each]) => each !== NO_VALUE));
  };
  const resolveAll = (section: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(section).flatMap(([id, definition]) => {
        const { Condition, ...rest } = definition as { readonly Condition?: string };
        return Condition === undefined || isTrue(Condition) ? [[id, resolve(rest)]] : [];
      }),
    );
  return { Resources: resolveAll(template.Resources), Outputs: resolveAll(template.Outputs ?? {}) };
}

function textOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`expected a text, found ${JSON.stringify(value)}`);
}
