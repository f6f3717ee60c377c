import { type SeriesScanner, scanSeries } from './series-scan.ts';
import { wasmScanner } from './wasm-scan.ts';

let fastest: SeriesScanner | undefined;

/** The faster scanner of those that run here; it is made when the first body is read. */
export function seriesScanner(): SeriesScanner {
  fastest ??= wasmScanner() ?? scanSeries;
  return fastest;
}
