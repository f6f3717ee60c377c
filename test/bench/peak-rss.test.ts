import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { peakRssMb } from '../../bench/peak-rss.ts';

describe('the peak RSS of a process', () => {
  it('is its own, however large the one was that started it', async () => {
    const large = Buffer.alloc(200e6, 1);
    const child = spawn(process.execPath, ['--eval', 'process.stdout.write("up"); setInterval(() => {}, 1000)']);
    await once(child.stdout, 'data');
    const peak = peakRssMb(child.pid ?? 0);
    child.kill();
    expect(peakRssMb()).toBeGreaterThan(large.length / 1e6 - 10);
    expect(peak).toBeGreaterThan(10);
    expect(peak).toBeLessThan(150);
  });
});
