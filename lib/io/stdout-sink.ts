import type { Writable } from 'node:stream';

/** A longer write to a pipe may be torn apart; no document is as long. */
const MAX_WRITE_BYTES = 60 * 1024;

/**
 * Writes one document a line, many at once, and waits for each write: what is still buffered when a Lambda is frozen
 * would come late or never. console.log is no way: Lambda prefixes or wraps its lines.
 */
export function streamSink(stream: Writable): (documents: Iterable<{ readonly line: string }>) => Promise<void> {
  return async (documents) => {
    let lines: string[] = [];
    let bytes = 0;
    for (const { line } of documents) {
      const length = Buffer.byteLength(line) + 1;
      if (lines.length > 0 && bytes + length > MAX_WRITE_BYTES) {
        await write(stream, lines.join(''));
        lines = [];
        bytes = 0;
      }
      lines.push(line, '\n');
      bytes += length;
    }
    if (lines.length > 0) await write(stream, lines.join(''));
  };
}

function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
