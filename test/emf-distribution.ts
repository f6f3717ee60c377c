/** The largest magnitude of a value. Source: PutMetricData reference. */
const MAX_VALUE = 2 ** 360;
/** Sums of floating-point numbers depend on their order. */
const TOLERANCE = 1e-9;

const STATISTICS = 'Count,Max,Min,Sum';
const DISTRIBUTION = 'Count,Counts,Max,Min,Sum,Values';

/**
 * The faults of a metric target that is an object; none for the two forms below, with their members in any order.
 *
 * This is not in the public specification, which knows numbers and lists of numbers only. AWS's own agents send these
 * forms for distributions, and CloudWatch takes them:
 * `{Values, Counts, Min, Max, Sum, Count}`, each value with how often it was seen, or `{Min, Max, Sum, Count}`.
 */
export function distributionFaults(target: Readonly<Record<string, unknown>>): string[] {
  const members = Object.keys(target).sort().join();
  if (members !== STATISTICS && members !== DISTRIBUTION)
    return ['is an object with members other than those of a distribution'];
  const { Min, Max, Sum, Count, Values, Counts } = target;
  if (!isValue(Min) || !isValue(Max)) return ['has a Min or Max that is no number up to 2^360'];
  if (!isFiniteNumber(Sum) || !isFiniteNumber(Count)) return ['has a Sum or Count that is no number'];
  if (Min > Max) return ['has a Min above its Max'];
  if (Count <= 0) return ['has a Count of nothing'];
  const faults = members === DISTRIBUTION ? valuesFaults(Values, Counts, { Min, Max, Count }) : [];
  if (!isAtMost(Min * Count, Sum) || !isAtMost(Sum, Max * Count))
    faults.push('has a Sum that its Count of values from Min to Max cannot have');
  return faults;
}

type Bounds = { readonly Min: number; readonly Max: number; readonly Count: number };

function valuesFaults(Values: unknown, Counts: unknown, { Min, Max, Count }: Bounds): string[] {
  if (!isList(Values, isValue)) return ['has Values that are no 1 to 100 numbers up to 2^360'];
  if (!isList(Counts, isFiniteNumber)) return ['has Counts that are no 1 to 100 numbers'];
  const faults: string[] = [];
  if (Values.some((value, index) => index > 0 && value <= (Values[index - 1] ?? value)))
    faults.push('has Values that do not ascend');
  if (Values.some((value) => value < Min || value > Max)) faults.push('has Values below Min or above Max');
  if (Counts.length !== Values.length) faults.push('has more or fewer Counts than Values');
  if (Counts.some((count) => count <= 0)) faults.push('has Counts of nothing');
  const sum = Counts.reduce((total, count) => total + count, 0);
  if (!isAtMost(sum, Count) || !isAtMost(Count, sum)) faults.push('has a Count that is not the sum of its Counts');
  return faults;
}

/** Whether CloudWatch takes this as the value of a metric. */
export function isValue(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= MAX_VALUE;
}

function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isList(value: unknown, holds: (each: unknown) => each is number): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.length <= 100 && value.every(holds);
}

function isAtMost(left: number, right: number): boolean {
  return left <= right + TOLERANCE * Math.max(Math.abs(left), Math.abs(right));
}
