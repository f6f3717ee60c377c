import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { EmfDocument } from '../../../lib/cloudwatch/emf.ts';
import { streamSink } from '../../../lib/io/stdout-sink.ts';

const documents: readonly EmfDocument[] = ['{"a":1}', '{"b":"ü"}', '{"c":3}'].map((line) => ({
  line,
  timestampMs: 0,
  logGroupName: 'g',
  logStreamName: 's',
  metrics: 0,
}));

/** A stream that takes its time; `pending` is what was begun and has not been written. */
function slowStream(events: string[], fail?: number) {
  let writes = 0;
  return new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      writes += 1;
      const failing = writes === fail;
      events.push(`begin ${chunk.toString()}`);
      setTimeout(() => {
        events.push(`end ${chunk.toString()}`);
        done(failing ? new Error('broken pipe') : null);
      }, 20);
    },
  });
}

describe('streamSink', () => {
  it('writes a document a line, in order, and waits for each before the next', async () => {
    const events: string[] = [];
    await streamSink(slowStream(events))(documents);
    expect(events).toEqual(documents.flatMap(({ line }) => [`begin ${line}\n`, `end ${line}\n`]));
  });

  it('writes nothing for no documents', async () => {
    const events: string[] = [];
    await streamSink(slowStream(events))([]);
    expect(events).toEqual([]);
  });

  it('fails where a write fails, and writes no more', async () => {
    const events: string[] = [];
    const stream = slowStream(events, 2);
    stream.on('error', () => {});
    await expect(streamSink(stream)(documents)).rejects.toThrow('broken pipe');
    expect(events.filter((event) => event.startsWith('begin'))).toHaveLength(2);
  });
});
