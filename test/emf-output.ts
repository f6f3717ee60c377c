import { emfValidator } from './emf-validator.ts';

/**
 * The faults of a process's stdout, each with the number of its line: of every line if all are to be EMF, else of
 * those that look like EMF. The process ran just now, by the real time.
 */
export function outputFaults(stdout: string, settings: { readonly everyLine: boolean }): string[] {
  const validate = emfValidator({ nowMs: Date.now(), logEvents: true });
  return stdout
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line !== '' && (settings.everyLine || /^\{.*"_aws"/.test(line)))
    .flatMap(({ line, number }) => validate(line).map((fault) => `line ${number}: ${fault}: ${line.slice(0, 300)}`));
}

/** Whether a run of the command writes nothing but EMF to stdout. */
export function writesEmf([command, ...args]: readonly string[]): boolean {
  return (command === 'scrape' || command === 'demo') && !args.includes('--help');
}

/** @throws {Error} with the faults of what a run of the command wrote to stdout. */
export function expectEmf(args: readonly string[], stdout: string): void {
  const faults = outputFaults(stdout, { everyLine: writesEmf(args) });
  if (faults.length > 0) throw new Error(`stdout of prom-emf ${args[0]} is not valid EMF: ${faults.join('\n')}`);
}
