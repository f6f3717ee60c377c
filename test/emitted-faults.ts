import type { EmfDocument } from '../lib/cloudwatch/emf.ts';
import { emfValidator, validateEmfLine } from './emf-validator.ts';

const faults: string[] = [];

const logEventFaults = emfValidator({ logEvents: true });

/** Lines without a fault: a test that compares ways to make a line makes it many times. */
const judged = new Set<string>();
const MAX_JUDGED = 1000;

/** Keeps the faults of these documents' lines. One without metrics may be a plain log event. */
export function checkEmitted(documents: readonly Pick<EmfDocument, 'line' | 'metrics'>[]): void {
  for (const { line, metrics } of documents) {
    const key = `${metrics === 0} ${line}`;
    if (judged.has(key)) continue;
    const found = metrics === 0 ? logEventFaults(line) : validateEmfLine(line);
    faults.push(...found.map((fault) => `${fault}: ${line.slice(0, 300)}`));
    if (judged.size >= MAX_JUDGED) judged.clear();
    if (found.length === 0) judged.add(key);
  }
}

/** The faults of the lines that were emitted in this test file since the last call. */
export function takeEmittedFaults(): string[] {
  return faults.splice(0);
}
