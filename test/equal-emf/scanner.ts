type SeriesScanner = typeof import('../../lib/prometheus/series-scan.ts');
type Scan = SeriesScanner['scanSeries'];

/**
 * The scanner of plain lines, which can be switched off. By its contract it stops at the first line that it does not
 * read, and every such line is read by the readers of all forms: one that stops at once is a scanner, too, and leaves
 * every line to them. So this is the path that the product takes for lines that are not plain, with nothing else
 * changed; and no switch is needed in lib.
 */
export const scanner = { isOn: true, bytes: 0 };

/** For `vi.mock` of series-scan.ts. */
export function switchable(original: SeriesScanner): SeriesScanner {
  const scanSeries: Scan = (scan, cursor, end) => {
    if (!scanner.isOn) return;
    const start = cursor.offset;
    original.scanSeries(scan, cursor, end);
    scanner.bytes += cursor.offset - start;
  };
  return { ...original, scanSeries };
}
