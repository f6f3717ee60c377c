/** A body in chunks of so many bytes. */
export function chunksOf(body: Uint8Array, size: number): Uint8Array[] {
  const count = Math.ceil(body.length / size);
  return Array.from({ length: count }, (_, at) => body.subarray(at * size, (at + 1) * size));
}

/** Chunks of a few bytes take long where there are a million of them. */
const MOST_CHUNKS = 100_000;

/** The sizes of chunks that a body is cut into. */
export function sizesOf({ length }: Uint8Array): number[] {
  return [1, 7, 777, 65_536].filter((size) => length / size < MOST_CHUNKS);
}

/** A body in two chunks. */
export function cutAt(body: Uint8Array, offset: number): Uint8Array[] {
  return [body.subarray(0, offset), body.subarray(offset)];
}

/** Of larger bodies not every cut is tried. */
export const SMALL_BYTES = 1000;
const LINES = 2;
const SEEDED = 6;

/** Where a body is cut in two: everywhere, or around the ends of the first lines and at places of a seed. */
export function cutsOf(body: Uint8Array): number[] {
  if (body.length <= SMALL_BYTES) return [...body.keys()].slice(1);
  const ends = [...body.subarray(0, SMALL_BYTES).entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at);
  const aroundEnds = ends.slice(0, LINES).flatMap((at) => [at, at + 1, at + 2]);
  return [...new Set([...aroundEnds, ...seeded(SEEDED, body.length)])].filter((at) => at > 0 && at < body.length);
}

/** The same numbers below `limit` each time. Source of the constants: Numerical Recipes, ranqd1. */
function seeded(count: number, limit: number): number[] {
  let state = limit;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % limit;
  });
}
