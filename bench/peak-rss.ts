import { readFileSync } from 'node:fs';

/**
 * The peak resident memory of a process, MB. What getrusage tells is no less than that of the process that started it,
 * so that a bench that has just read a large file would be measured instead.
 */
export function peakRssMb(pid: number | 'self' = 'self'): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
