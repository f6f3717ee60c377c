import { formatOf, type ScrapeProtocol } from './content-type.ts';
import {
  type ExposedSample,
  type Exposition,
  ExpositionError,
  type ExpositionVisitor,
  type MetricType,
} from './exposition.ts';
import { type ExpositionStream, endExposition, openExposition, readChunk } from './exposition-stream.ts';
import { SampleError, seriesKeyOf } from './samples.ts';

/** How many samples of one body are kept at the most: they are in memory all at once. Others are only counted. */
const MAX_DECODED_SAMPLES = 200_000;

/** A line of EMF has no room for more, and each of them costs microseconds that the other targets wait for. */
const MAX_LABELS = 10_000;

/** Reads a body chunk by chunk; `read` throws nothing, so that a body is received in full before it is refused. */
export type ExpositionReader = {
  readonly read: (chunk: Uint8Array, contentType: string) => void;
  /** @throws {ExpositionError} @throws {SampleError} for too many samples or labels */
  readonly end: () => { readonly exposition: Exposition; readonly bodyBytes: number };
};

/** What earlier bodies had; the names are those that the same `wants` was asked for. */
export type EarlierBodies = Pick<ExpositionVisitor, 'names' | 'labelSets'>;

/** Samples whose name `wants` refuses are checked and counted only. */
export function expositionReader(
  fallback: ScrapeProtocol | undefined,
  wants: ((name: string) => boolean) | undefined,
  earlier: EarlierBodies = {},
): ExpositionReader {
  const samples: ExposedSample[] = [];
  const types = new Map<string, MetricType>();
  const units = new Map<string, string>();
  const created = new Map<string, number>();
  const visitor: ExpositionVisitor = {
    checkNames: true,
    ...(wants !== undefined && { wants }),
    ...earlier,
    sample: (name, labels, value, timestampMs) => {
      if (samples.length >= MAX_DECODED_SAMPLES) throw tooManySamples();
      if (labels.length > MAX_LABELS) throw tooManyLabels(name, labels.length);
      samples.push({ name, labels, value, timestampMs, ownType: types.get(name) });
    },
    type: (name, type) => types.set(name, type),
    unit: (name, unit) => units.set(name, unit),
    created: (name, labels, timestampMs) => created.set(seriesKeyOf(name, labels), timestampMs),
  };
  let stream: ExpositionStream | undefined;
  let bodyBytes = 0;
  let fault: unknown;
  return {
    read: (chunk, contentType) => {
      // Prometheus takes an empty answer for a target without samples, whatever it calls itself.
      if (chunk.length === 0) return;
      bodyBytes += chunk.length;
      if (fault !== undefined) return;
      try {
        stream ??= openExposition(formatOf(contentType, fallback), visitor);
        readChunk(stream, chunk);
      } catch (error) {
        fault = error;
      }
    },
    end: () => {
      const found = { samples, types, units, created };
      try {
        if (fault !== undefined) throw fault;
        const scraped = stream === undefined ? 0 : endExposition(stream);
        return { exposition: { scraped, ...found }, bodyBytes };
      } catch (error) {
        if (error instanceof ExpositionError && stream !== undefined)
          error.before = { scraped: error.scraped, ...found };
        throw error;
      }
    },
  };
}

/** Reads a body that is there as a whole. @throws {ExpositionError} @throws {SampleError} for too many samples or labels */
export function readExposition(
  body: Uint8Array,
  contentType: string,
  fallback: ScrapeProtocol | undefined,
  wants: ((name: string) => boolean) | undefined,
): Exposition {
  const reader = expositionReader(fallback, wants);
  reader.read(body, contentType);
  return reader.end().exposition;
}

function tooManySamples(): SampleError {
  return new SampleError(
    'sample_limit',
    `more than ${MAX_DECODED_SAMPLES} samples are selected or relabeled; narrow metric_selectors, or set sample_limit`,
  );
}

function tooManyLabels(name: string, labels: number): SampleError {
  return new SampleError(
    'label_limit',
    `${name} has ${labels} labels, which are more than ${MAX_LABELS}; the exporter must expose fewer, or no rule select it`,
  );
}
