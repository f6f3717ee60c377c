import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** What serverless.yml says of a function. */
export type FunctionSettings = {
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly timeoutMs: number;
};

type Template = {
  readonly params: { readonly default: Readonly<Record<string, unknown>> };
  readonly custom: Readonly<Record<string, unknown>>;
  readonly functions: Readonly<
    Record<string, { memorySize: number; timeout: number; environment: Readonly<Record<string, unknown>> }>
  >;
};

/**
 * The environment, memory and timeout of a function as a deployment with these parameters would give it.
 * @throws {Error} naming a reference that this knows nothing of.
 */
export function functionSettings(
  root: string,
  name: string,
  stage: string,
  params: Readonly<Record<string, string>>,
): FunctionSettings {
  const text = readFileSync(join(root, 'serverless.yml'), 'utf8');
  // The tags are CloudFormation's; no environment value has one.
  const template = parse(text, { logLevel: 'silent' }) as Template;
  const found = template.functions[name];
  if (found === undefined) throw new Error(`serverless.yml: expected a function ${name}`);
  const values: Readonly<Record<string, unknown>> = {
    'sls:stage': stage,
    ...prefixed('param:', { ...template.params.default, ...params }),
    ...prefixed('self:custom.', template.custom),
  };
  const environment = Object.entries(found.environment).map(([key, value]) => [key, resolved(String(value), values)]);
  return {
    environment: Object.fromEntries(environment),
    memoryMb: found.memorySize,
    timeoutMs: found.timeout * 1000,
  };
}

/** The values by their whole names, those of maps too. */
function prefixed(prefix: string, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]): [string, unknown][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(prefixed(`${prefix}${key}.`, value as Readonly<Record<string, unknown>>))
        : [[`${prefix}${key}`, value]],
    ),
  );
}

function resolved(text: string, values: Readonly<Record<string, unknown>>): string {
  // From the inside out: a reference may be part of the name of another.
  const next = text.replace(/\$\{([^${}]+)\}/g, (reference, name: string) => {
    if (values[name] === undefined) throw new Error(`serverless.yml: ${reference} is not known to the simulation`);
    return String(values[name]);
  });
  return next === text ? text : resolved(next, values);
}
