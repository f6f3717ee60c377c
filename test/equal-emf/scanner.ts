import { type SeriesScanner, scanSeries } from '../../lib/prometheus/series-scan.ts';
import { wasmScanner } from '../../lib/prometheus/wasm-scan.ts';

/**
 * The ways to read series lines. By its contract a scanner stops at the first line that it does not read, and every
 * such line is read by the readers of all forms: one that stops at once is a scanner, too, and leaves every line to
 * them. So `none` is the path that the product takes for lines that are not plain, with nothing else changed.
 */
export const SCANNERS = {
  webassembly: wasmScanner() as SeriesScanner,
  javascript: scanSeries,
  none: (() => {}) as SeriesScanner,
};

export type ScannerName = keyof typeof SCANNERS;

/** The one that is used, and how many bytes each has read. */
export const scanner = { name: 'webassembly' as ScannerName, bytes: { webassembly: 0, javascript: 0, none: 0 } };

/** For `vi.mock` of series-scanner.ts. */
export function seriesScanner(): SeriesScanner {
  return (scan, cursor, end) => {
    const { name } = scanner;
    const start = cursor.offset;
    SCANNERS[name](scan, cursor, end);
    scanner.bytes[name] += cursor.offset - start;
  };
}
