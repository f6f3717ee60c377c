import { type Cursor, type MetricType, NEWLINE } from './exposition.ts';
import { nameOf } from './name-table.ts';
import { CLASSES, MAX_MARKS, type PlainLine, plainLine } from './plain-line.ts';
import { emitPlain, type HashOf, numberIn } from './series-decode.ts';
import { hasCreated } from './series-line.ts';
import { type SeriesScan, type SeriesScanner, scanSeries } from './series-scan.ts';
import { SCAN_MODULE } from './wasm/scan-module.ts';

/** The part of WebAssembly's interface that is used: Node's types leave it to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

type Place = { readonly value: number };

/** What wasm/scan.as.ts exports. */
type Exports = {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly LINE: Place;
  readonly MARKS: Place;
  readonly CLASSES: Place;
  readonly WINDOW: Place;
  readonly WINDOW_BYTES: Place;
  readonly open: () => void;
  readonly begin: (isOpenMetrics: boolean, tellsBegin: boolean) => void;
  readonly know: (start: number, end: number, hash: number, value: number) => void;
  readonly scan: (from: number, end: number) => number;
  readonly hash: (start: number, end: number) => number;
};

/** What `scan` returns. */
const WANTED = 1;
const NEW_NAME = 2;
const TYPE_LINE = 3;

/** What it tells, by index in `told`. */
const START = 0;
const NAME_END = 1;
const FILLED = 2;
const ESCAPED = 3;
const VALUE_START = 4;
const VALUE_END = 5;
const LINE_END = 6;
const SAME = 7;
const PREVIOUS = 8;
const NAME = 9;
const HASH = 10;
const COUNT = 11;
/** The value is a float behind them. */
const VALUE_PLACE = 48;
/** Lines of HELP. */
const COMMENTS = 14;
const TOLD = 15;

/** Of a TYPE line `NAME` is one of these. */
const TYPES: readonly MetricType[] = ['counter', 'summary', 'unknown', 'gauge', 'histogram'];
/** How long `# TYPE ` is. */
const KEYWORD_BYTES = 7;

/** The module with its memory, in which one slice of a window is at a time. */
type Engine = {
  readonly exports: Exports;
  /** What `scan` tells of the line it stopped at, its value (NaN: it is to be read), and the same as offsets in the window. */
  readonly told: Int32Array;
  readonly value: Float64Array;
  readonly line: PlainLine;
  /** Where in the memory the slice begins. */
  readonly place: number;
  readonly bytes: Uint8Array;
  /** The wanted names that were met in the slice. */
  names: string[];
  slices: number;
  isBusy: boolean;
};

/** Reads lines as `scanSeries` does; undefined where there is no WebAssembly with SIMD. */
export function wasmScanner(): SeriesScanner | undefined {
  const engine = started();
  return engine && ((scan, cursor, end) => scanWindow(engine, scan, cursor, end));
}

function started(): Engine | undefined {
  try {
    const module = new WebAssembly.Module(Buffer.from(SCAN_MODULE, 'base64'));
    const exports = new WebAssembly.Instance(module).exports as Exports;
    const { memory, LINE, MARKS, WINDOW, WINDOW_BYTES } = exports;
    new Uint8Array(memory.buffer).set(CLASSES, exports.CLASSES.value);
    return {
      exports,
      told: new Int32Array(memory.buffer, LINE.value, TOLD),
      value: new Float64Array(memory.buffer, LINE.value + VALUE_PLACE, 1),
      line: plainLine(new Int32Array(memory.buffer, MARKS.value, MAX_MARKS)),
      place: WINDOW.value,
      bytes: new Uint8Array(memory.buffer, WINDOW.value, WINDOW_BYTES.value),
      names: [],
      slices: 0,
      isBusy: false,
    };
  } catch {
    return undefined;
  }
}

function scanWindow(engine: Engine, scan: SeriesScan, cursor: Cursor, end: number): void {
  if (engine.isBusy) {
    // A visitor reads another body meanwhile.
    scanSeries(scan, cursor, end);
    return;
  }
  engine.isBusy = true;
  try {
    while (cursor.offset < end && holdSlice(engine, scan, cursor, end)) if (!scanSlice(engine, scan, cursor)) return;
  } finally {
    engine.isBusy = false;
  }
}

/** Puts whole lines from the cursor on into the memory, if they are not there; false where one is too long. */
function holdSlice(engine: Engine, { slice }: SeriesScan, { body, offset }: Cursor, end: number): boolean {
  if (slice.window === body && slice.number === engine.slices && offset < slice.end) return true;
  const most = offset + engine.bytes.length;
  const sliceEnd = end <= most ? end : body.lastIndexOf(NEWLINE, most - 1) + 1;
  if (sliceEnd <= offset) return false;
  engine.bytes.set(body.subarray(offset, sliceEnd));
  engine.exports.open();
  engine.names = [];
  engine.slices += 1;
  slice.window = body;
  slice.number = engine.slices;
  slice.start = offset;
  slice.end = sliceEnd;
  return true;
}

/** Reads lines to the end of the slice; false where one must be read in another way. */
function scanSlice(engine: Engine, scan: SeriesScan, cursor: Cursor): boolean {
  const { exports, told, line } = engine;
  const tellsBegin = scan.isOpenMetrics && hasCreated(cursor);
  /** From an offset in the window to its place in the memory. */
  const shift = engine.place - scan.slice.start;
  const end = scan.slice.end + shift;
  const hashBetween: HashOf = (from, to) => exports.hash(from + shift, to + shift);
  const pass = (samples: number, comments: number, offset: number) => {
    cursor.offset = offset;
    cursor.samples += samples;
    cursor.newlines += samples + comments;
    if (tellsBegin) cursor.begun += samples;
  };
  scan.memo.lastStart = -1;
  exports.begin(scan.isOpenMetrics, tellsBegin);
  for (;;) {
    const result = exports.scan(cursor.offset + shift, end);
    pass(told[COUNT] as number, told[COMMENTS] as number, (told[START] as number) - shift);
    if (result === NEW_NAME) tellOfName(engine, cursor, shift);
    else if (result === TYPE_LINE) {
      readType(engine, cursor);
      // The labels of the line before may have been spelled for another type.
      scan.memo.lastStart = -1;
      pass(0, 1, (told[LINE_END] as number) - shift + 1);
    } else if (result === WANTED) {
      readLine(engine, cursor, shift);
      const name = engine.names[(told[NAME] as number) - 1] as string;
      const previous = (told[PREVIOUS] as number) - shift;
      if (!emitPlain(scan.memo, cursor, hashBetween, name, line, told[SAME] as number, previous, scan.isOpenMetrics))
        return false;
      pass(1, 0, line.lineEnd + 1);
    } else return cursor.offset === scan.slice.end;
  }
}

/** The line at the cursor begins with a name that was not met in the slice. */
function tellOfName({ exports, told, names }: Engine, cursor: Cursor, shift: number): void {
  const { body, offset, visitor } = cursor;
  const end = offset + (told[NAME_END] as number);
  const hash = told[HASH] as number;
  const { name, wanted, created } = nameOf(cursor.names, body, offset, end, hash, visitor.wants);
  const number = wanted ? names.push(name) : 0;
  exports.know(offset + shift, end + shift, hash, number * 2 + (created ? 1 : 0));
}

/** The line at the cursor is one of TYPE. */
function readType({ told }: Engine, cursor: Cursor): void {
  const { body, offset, visitor } = cursor;
  const [start, end] = [offset + KEYWORD_BYTES, offset + (told[NAME_END] as number)];
  cursor.type = TYPES[told[NAME] as number] as MetricType;
  const { name } = nameOf(cursor.names, body, start, end, told[HASH] as number, visitor.wants);
  visitor.type?.(name, cursor.type);
}

/** The line at the cursor as it was told; its marks are there. */
function readLine({ told, value, line }: Engine, { body, offset }: Cursor, shift: number): void {
  const exact = value[0] as number;
  line.start = offset;
  line.nameEnd = told[NAME_END] as number;
  line.filled = told[FILLED] as number;
  line.escaped = told[ESCAPED] !== 0;
  line.valueStart = (told[VALUE_START] as number) - shift;
  line.valueEnd = (told[VALUE_END] as number) - shift;
  line.lineEnd = (told[LINE_END] as number) - shift;
  line.value = Number.isNaN(exact) ? numberIn(body, line.valueStart, line.valueEnd) : exact;
}
