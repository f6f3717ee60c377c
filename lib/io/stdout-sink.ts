import type { Writable } from 'node:stream';

/**
 * Writes one document a line and waits for each write: what is still buffered when a Lambda is frozen would come
 * late or never. console.log is no way: Lambda prefixes or wraps its lines.
 */
export function streamSink(stream: Writable): (documents: readonly { readonly line: string }[]) => Promise<void> {
  return async (documents) => {
    for (const { line } of documents) await write(stream, `${line}\n`);
  };
}

function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
