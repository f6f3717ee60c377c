/** A value of a CloudFormation template. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** As much of a template as packaging reads. */
export type Template = {
  readonly AWSTemplateFormatVersion: string;
  readonly Description?: string;
  readonly Metadata?: Readonly<Record<string, Value>>;
  readonly Parameters?: Readonly<Record<string, Readonly<Record<string, Value>>>>;
  readonly Conditions?: Readonly<Record<string, Value>>;
  readonly Resources: Readonly<Record<string, { readonly Type: string } & Readonly<Record<string, Value>>>>;
  readonly Outputs?: Readonly<Record<string, Readonly<Record<string, Value>>>>;
};
