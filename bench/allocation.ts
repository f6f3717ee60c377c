import { GCProfiler, getHeapStatistics } from 'node:v8';

/**
 * The bytes that some work allocates on the heap of JavaScript, buffers outside it not included: what the heap has
 * grown by, and what each collection meanwhile took away.
 */
export async function allocatedBytes(work: () => Promise<void>): Promise<number> {
  const profiler = new GCProfiler();
  const before = getHeapStatistics().used_heap_size;
  profiler.start();
  await work();
  const grown = getHeapStatistics().used_heap_size - before;
  const { statistics } = profiler.stop();
  return statistics.reduce(
    (sum, { beforeGC, afterGC }) => sum + beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize,
    grown,
  );
}
