import type { IncomingMessage } from 'node:http';

/** What Node has from version 21 on: it leaves an ArrayBuffer without its memory. */
type Transferable = { readonly transfer?: (length: number) => unknown };

/**
 * Gives the memory of a body back while it is read: a socket allocates some for each of its reads, and the parser of
 * HTTP copies the body from it. Left to the garbage collector, that goes through the whole heap for every 32 MB of a
 * body: most of the time that a large one took. The function is for chunks that were read; no byte of them is there
 * any more. Nobody else may read the response, and nothing of it may wait in a stream behind it.
 */
export function bodyMemory(response: IncomingMessage): (chunk: Uint8Array) => void {
  let received: Uint8Array | undefined;
  // Before the parser sees it, which is through with the one before.
  response.socket.prependListener('data', (bytes: Uint8Array) => {
    giveBack(received);
    received = bytes;
  });
  return (chunk) => {
    if (chunk.buffer !== received?.buffer) giveBack(chunk);
  };
}

/** How much gunzip fills before it takes other memory. */
export const INFLATED_BYTES = 64 * 1024;

/** Does the same with what gunzip gives: its memory is done with when the last bytes of it were read. */
export function inflatedMemory(): (chunk: Uint8Array) => void {
  return ({ buffer, byteOffset, byteLength }) => {
    // Memory of any other size would be shared out by Node.
    if (buffer.byteLength === INFLATED_BYTES && byteOffset + byteLength === INFLATED_BYTES) leave(buffer);
  };
}

function giveBack(bytes: Uint8Array | undefined): void {
  // Memory that Node shares out is never as large as what it gives.
  if (bytes !== undefined && bytes.byteLength === bytes.buffer.byteLength) leave(bytes.buffer);
}

function leave(memory: ArrayBufferLike): void {
  if (memory.byteLength >= WORTHWHILE_BYTES) (memory as Transferable).transfer?.(0);
}

const WORTHWHILE_BYTES = 1024;
