/**
 * Where a secret is kept, by the text that names it in a document: `ssm:/NAME`, `secretsmanager:NAME` (`#KEY` for one
 * key of a JSON secret), the ARN of either; any other text is the name of a file. No region: that of the process.
 */
export type SecretReference =
  | { readonly kind: 'parameter'; readonly text: string; readonly name: string; readonly region?: string }
  | {
      readonly kind: 'secret';
      readonly text: string;
      readonly name: string;
      readonly key?: string;
      readonly region?: string;
    }
  | { readonly kind: 'file'; readonly text: string };

/** A secret's value, or why there is none: a text that never holds the value. */
export type Secret = { readonly value: string } | { readonly error: string };

/** Secrets by the text of their reference. */
export type Secrets = ReadonlyMap<string, Secret>;

const PARAMETER = /^(?:ssm:(?<path>\/[\w./-]+)|(?<arn>arn:[\w-]+:ssm:(?<region>[\w-]*):\d{12}:parameter\/[\w./-]+))$/;
const SECRET =
  /^(?:secretsmanager:(?<name>[\w/+=.@-]+)|(?<arn>arn:[\w-]+:secretsmanager:(?<region>[\w-]*):\d{12}:secret:[\w/+=.@-]+))(?:#(?<key>[\w.-]+))?$/;

export function parseSecretReference(text: string): SecretReference {
  const parameter = PARAMETER.exec(text)?.groups;
  if (parameter !== undefined) {
    const { path, arn = '', region } = parameter;
    return { kind: 'parameter', text, name: path ?? arn, ...(region && { region }) };
  }
  const secret = SECRET.exec(text)?.groups;
  if (secret !== undefined) {
    const { name, arn = '', region, key } = secret;
    return { kind: 'secret', text, name: name ?? arn, ...(key && { key }), ...(region && { region }) };
  }
  return { kind: 'file', text };
}
