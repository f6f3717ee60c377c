import { type Document, isMap, isScalar } from 'yaml';

/** A parameter of serverless.yml. */
export type StackParameter = {
  /** As in `--param="name=value"`. */
  readonly name: string;
  readonly default: string | number;
  /** The comment before it, on one line. */
  readonly description: string;
};

/** The parameters under `params.default`, in their order. @throws {Error} for one without a comment. */
export function readStackParameters(service: Document): readonly StackParameter[] {
  const parameters = service.getIn(['params', 'default'], true);
  if (!isMap(parameters)) throw new Error('serverless.yml: expected params.default to be a map');
  return parameters.items.map(({ key, value }, index) => {
    if (!isScalar(key) || !isScalar(value))
      throw new Error('serverless.yml: params.default: expected names and values');
    const name = String(key.value);
    const given = value.value;
    if (typeof given !== 'string' && typeof given !== 'number')
      throw new Error(`serverless.yml: params.default.${name}: expected a text or a number, found ${String(given)}`);
    // The comment of the first is that of the map.
    const comment = (index === 0 ? parameters.commentBefore : undefined) ?? key.commentBefore;
    if (comment == null) throw new Error(`serverless.yml: params.default.${name} has no comment that describes it`);
    return { name, default: given, description: comment.replace(/\s+/g, ' ').trim() };
  });
}
