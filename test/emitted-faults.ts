import type { EmfDocument } from '../lib/cloudwatch/emf.ts';
import { emfValidator, validateEmfLine } from './emf-validator.ts';

const faults: string[] = [];

const logEventFaults = emfValidator({ logEvents: true });

/** Keeps the faults of these documents' lines. One without metrics may be a plain log event. */
export function checkEmitted(documents: readonly Pick<EmfDocument, 'line' | 'metrics'>[]): void {
  for (const { line, metrics } of documents) {
    const found = metrics === 0 ? logEventFaults(line) : validateEmfLine(line);
    faults.push(...found.map((fault) => `${fault}: ${line.slice(0, 300)}`));
  }
}

/** The faults of the lines that were emitted in this test file since the last call. */
export function takeEmittedFaults(): string[] {
  return faults.splice(0);
}
