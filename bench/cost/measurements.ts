import * as v from 'valibot';

const count = v.number();
const run = v.object({ wall_ms: count, cpu_ms: count, stdout_bytes: count, stderr_bytes: count });
const calls = v.record(v.string(), count);

const measurement = v.object({
  tasks: count,
  families: count,
  clusters: count,
  interval_s: count,
  series: count,
  cycle: v.object({
    targets: count,
    discover: v.object({ ...run.entries, calls }),
    scrape: v.object({ ...run.entries, invocations: count, calls }),
    queue: v.object({ bytes: count }),
    state_bytes: count,
  }),
});

/** An entry of docs/measurements/simulation.json, as far as it costs anything: counts, bytes and ms of one tick. */
export type Measurement = v.InferOutput<typeof measurement>;

/**
 * The entries whose ticks are a minute apart, by their size. Shorter intervals are calculated from them.
 * @throws {Error} naming the place of what is no measurement, or if there is none.
 */
export function parseMeasurements(text: string, file: string): readonly Measurement[] {
  const parsed = v.safeParse(v.array(measurement), JSON.parse(text));
  if (!parsed.success) {
    const places = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
    throw new Error(`${file}: ${places.join('; ')}`);
  }
  const found = parsed.output.filter(({ interval_s }) => interval_s === 60);
  if (found.length === 0) throw new Error(`${file}: expected a measurement with interval_s 60, found none`);
  return found.sort((a, b) => a.tasks - b.tasks || a.families - b.families);
}
