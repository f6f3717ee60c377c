import * as v from 'valibot';
import { closed, dictionary, foundOf, oneOf, parsedText, text } from '../../document/schema.ts';
import { UNITS } from '../limits.ts';
import { choice, decimal, dimensionValues, statistic, whole } from './setting-values.ts';

/** The least and the most tasks, such as `3-6`; nothing when the text is no range. */
export function capacityOf(range: string): { readonly min: number; readonly max: number } | undefined {
  const [, min, max] = /^([0-9]{1,5})-([0-9]{1,5})$/.exec(range) ?? [];
  const capacity = { min: Number(min), max: Number(max) };
  return capacity.min <= capacity.max ? capacity : undefined;
}

const range = parsedText((value) => {
  if (capacityOf(value) === undefined)
    throw new Error(`expected the least and the most tasks such as "3-6", found ${foundOf(value)}`);
});

const serviceName = parsedText((value) => {
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(value))
    throw new Error(`expected the name of an ECS service (letters, digits, - and _), found ${foundOf(value)}`);
});

const cooldown = whole(0, 86_400);

const scaling = closed({
  MetricName: text,
  Dimensions: v.optional(dimensionValues),
  Statistic: statistic,
  Unit: v.optional(oneOf(UNITS)),
  TargetValue: v.pipe(
    decimal,
    v.minValue(Number.MIN_VALUE, (issue) => `expected a number above 0, found ${issue.input}`),
  ),
  /** The service that is scaled; without it the template asks for it. */
  ServiceName: v.optional(serviceName),
  /** With it, the service becomes a scalable target here; without, something else made it one. */
  Range: v.optional(range),
  /** Seconds. */
  ScaleInCooldown: v.optional(cooldown),
  ScaleOutCooldown: v.optional(cooldown),
  DisableScaleIn: v.optional(choice),
});

/** `x-prom-emf.Scaling`: settings of target tracking by the policy's name, in CloudFormation's spelling. */
export const scalingSchema = dictionary(scaling);

export type ScalingSettings = v.InferOutput<typeof scaling>;

/** A target-tracking policy that a user asks for. */
export type WantedScaling = ScalingSettings & { readonly name: string };
