// Parses an exposition again and again with parse-prometheus-text-format: node parse.js ROUNDS FILE
import { readFileSync } from 'node:fs';
import parse from 'parse-prometheus-text-format';

const [, , rounds, file] = process.argv;
const body = readFileSync(file);
const cpu_ms = [];
let series = 0;
for (let round = 0; round < Number(rounds); round += 1) {
  const before = process.cpuUsage();
  series = parse(body.toString()).reduce((sum, { metrics }) => sum + metrics.length, 0);
  const { user, system } = process.cpuUsage(before);
  cpu_ms.push((user + system) / 1000);
}
// getrusage would tell of the process that started this one, where that is larger.
const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
process.stdout.write(`${JSON.stringify({ series, cpu_ms, max_rss_mb: Number(kilobytes) / 1024 })}\n`);
