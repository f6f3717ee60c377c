import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { EmfDocument } from '../../../lib/cloudwatch/emf.ts';
import { streamSink } from '../../../lib/io/stdout-sink.ts';

const documentOf = (line: string): EmfDocument => ({
  line,
  timestampMs: 0,
  logGroupName: 'g',
  logStreamName: 's',
  metrics: 0,
});
const documents = ['{"a":1}', '{"b":"ü"}', '{"c":3}'].map(documentOf);
/** Of which no two fit a write of 60 KiB: two bytes a character. */
const long = ['ä', 'ö', 'ü'].map((letter) => documentOf(letter.repeat(16_000)));

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
  it('writes a document a line, short ones at once', async () => {
    const events: string[] = [];
    await streamSink(slowStream(events))(documents);
    const text = documents.map(({ line }) => `${line}\n`).join('');
    expect(events).toEqual([`begin ${text}`, `end ${text}`]);
  });

  it('writes what is longer than 60 KiB together in order, and waits for each write before the next', async () => {
    const events: string[] = [];
    await streamSink(slowStream(events))(long);
    expect(events).toEqual(long.flatMap(({ line }) => [`begin ${line}\n`, `end ${line}\n`]));
  });

  it('writes as much at once as fits', async () => {
    const writes: number[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        writes.push(chunk.length);
        done();
      },
    });
    await streamSink(stream)(Array.from({ length: 100 }, () => documentOf('x'.repeat(1023))));
    expect(writes).toEqual([60 * 1024, 40 * 1024]);
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
    await expect(streamSink(stream)(long)).rejects.toThrow('broken pipe');
    expect(events.filter((event) => event.startsWith('begin'))).toHaveLength(2);
  });
});
