/** From this length on a chunk is handed on as it is: copying it would cost more than it saves. */
const LARGE_BYTES = 16 * 1024;
const GATHERED_BYTES = 64 * 1024;

export type GatheredChunks = {
  readonly take: (chunk: Buffer) => void;
  /** Hands on what is left. */
  readonly end: () => void;
};

/**
 * Puts small chunks together on their way: each takes its taker some microseconds however small it is, and exporters in
 * Go send 2 KB at once, which is what net/http buffers. `keeps` says whether `give` keeps what it is given.
 */
export function gatherChunks({
  keeps,
  give,
}: {
  readonly keeps: boolean;
  readonly give: (chunk: Buffer) => void;
}): GatheredChunks {
  let memory = NONE;
  let filled = 0;
  const end = () => {
    if (filled === 0) return;
    const gathered = memory.subarray(0, filled);
    filled = 0;
    if (keeps) memory = NONE;
    give(gathered);
  };
  const take = (chunk: Buffer) => {
    const isLarge = chunk.length >= LARGE_BYTES;
    if (isLarge || filled + chunk.length > GATHERED_BYTES) end();
    if (isLarge) return give(chunk);
    memory = withRoom(memory, filled, chunk.length);
    memory.set(chunk, filled);
    filled += chunk.length;
  };
  return { take, end };
}

const NONE: Buffer = Buffer.alloc(0);

/** Grows by twice: hundreds of small answers are read at once. */
function withRoom(memory: Buffer, filled: number, more: number): Buffer {
  const needed = filled + more;
  if (needed <= memory.length) return memory;
  const larger = Buffer.allocUnsafe(Math.min(2 * needed, GATHERED_BYTES));
  memory.copy(larger, 0, 0, filled);
  return larger;
}
