import { ExpositionError, type ExpositionFormat, type ExpositionVisitor } from '../../../lib/prometheus/exposition.ts';
import { endExposition, openExposition, readChunk } from '../../../lib/prometheus/exposition-stream.ts';
import { type SeriesScanner, scanSeries } from '../../../lib/prometheus/series-scan.ts';
import { wasmScanner } from '../../../lib/prometheus/wasm-scan.ts';
import { parseWholeBody } from './whole-body-parser.ts';

/** All that a parser says of a body: each call of the visitor, then the number of samples or the error. */
export type Said = readonly unknown[];

/** Both scanners, which are to say the same. */
export const SCANNERS: readonly { readonly language: string; readonly scanner: SeriesScanner | undefined }[] = [
  { language: 'JavaScript', scanner: scanSeries },
  { language: 'WebAssembly', scanner: wasmScanner() },
];

type Wants = (name: string) => boolean;

function listen(parse: (visitor: ExpositionVisitor) => number, wants: Wants | undefined): Said {
  const said: unknown[] = [];
  try {
    const scraped = parse({
      checkNames: true,
      ...(wants !== undefined && { wants }),
      sample: (...sample) => said.push(['sample', ...sample]),
      created: (...created) => said.push(['created', ...created]),
      type: (...type) => said.push(['type', ...type]),
      unit: (...unit) => said.push(['unit', ...unit]),
    });
    said.push(scraped);
  } catch (error) {
    if (!(error instanceof ExpositionError)) throw error;
    const { code, message, line, column, scraped } = error;
    said.push({ code, message, line, column, scraped });
  }
  return said;
}

/** What the reference says. */
export function saidOfWhole(format: ExpositionFormat, body: Uint8Array, wants?: Wants): Said {
  return listen((visitor) => parseWholeBody(format, body, visitor), wants);
}

/** What is said of the body cut at these offsets, in ascending order. */
export function saidOfChunks(
  format: ExpositionFormat,
  body: Uint8Array,
  cuts: readonly number[],
  wants?: Wants,
  scanner?: SeriesScanner,
): Said {
  return listen((visitor) => {
    const stream = openExposition(format, visitor, scanner);
    for (const [index, start] of [0, ...cuts].entries()) readChunk(stream, body.subarray(start, cuts[index]));
    return endExposition(stream);
  }, wants);
}
