import { messageOf, printable } from '../lib/document/problem.ts';
import { parseSelfMetricsLevel } from '../lib/explain/self-metrics-level.ts';
import { streamSink } from '../lib/io/stdout-sink.ts';

const level = parseSelfMetricsLevel(process.env.SELF_METRICS);

/** What a function knows of itself, besides its report. */
export function selfSetting() {
  return { level, stage: process.env.STAGE ?? '' };
}

/** Writes to the function's own log group, whatever the sink of samples; a failure is told and costs nothing else. */
export async function writeSelfMetrics(render: () => readonly { readonly line: string }[]): Promise<void> {
  try {
    await streamSink(process.stdout)(render());
  } catch (error) {
    process.stderr.write(`self-metrics: ${printable(messageOf(error))}\n`);
  }
}
