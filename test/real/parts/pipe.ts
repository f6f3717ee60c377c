import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';

/** The two ends of a kernel pipe of 64 KiB: a child writes, this process reads. */
export type Pipe = {
  /** File descriptor for the child's stdio; close it with closeWriteEnd once the child has it. */
  readonly writeEnd: number;
  readonly closeWriteEnd: () => void;
  /** Reads what the pipe holds now, however slowly it is read otherwise, and returns all bytes since the start. */
  readonly bytes: () => Buffer;
  readonly close: () => void;
};

const tickMs = 10;
const chunkBytes = 65_536;

/**
 * Opens a pipe and keeps reading it: as fast as it fills, or at `bytesPerSecond`. Node's own child pipes are socket
 * pairs with larger buffers, into which a writer that does not wait fits more before it is held up.
 */
export function openPipe(path: string, bytesPerSecond?: number): Pipe {
  execFileSync('mkfifo', [path]);
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeEnd = openSync(path, constants.O_WRONLY);
  const chunks: Buffer[] = [];
  const take = (limit: number) => {
    for (let left = limit; left > 0; ) {
      const chunk = readAvailable(readEnd, Math.min(left, chunkBytes));
      if (chunk === undefined) return;
      chunks.push(chunk);
      left -= chunk.length;
    }
  };
  const bytesPerTick =
    bytesPerSecond === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.round((bytesPerSecond * tickMs) / 1000));
  const timer = setInterval(() => take(bytesPerTick), tickMs);
  let open = true;
  const bytes = () => {
    if (open) take(Number.POSITIVE_INFINITY);
    return Buffer.concat(chunks);
  };
  const close = () => {
    bytes();
    open = false;
    clearInterval(timer);
    closeSync(readEnd);
  };
  return { writeEnd, closeWriteEnd: () => closeSync(writeEnd), bytes, close };
}

/** The next bytes of a non-blocking pipe; undefined when it is empty or at its end. */
function readAvailable(readEnd: number, limit: number): Buffer | undefined {
  const buffer = Buffer.alloc(limit);
  try {
    const length = readSync(readEnd, buffer);
    return length === 0 ? undefined : buffer.subarray(0, length);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return undefined;
    throw error;
  }
}
