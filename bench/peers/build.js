// Builds what npm run bench measures beside prom-emf: Go programs into bin/, an npm package into node_modules/.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const folder = import.meta.dirname;
const steps = [
  { what: 'the parsers of Prometheus', command: 'go', args: ['build', '-o', '../bin/parse', '.'], cwd: 'parse' },
  {
    what: 'the OpenTelemetry collector, which takes ten minutes the first time',
    command: 'go',
    args: ['build', '-o', '../bin/collector', '.'],
    cwd: 'collector',
  },
  { what: 'parse-prometheus-text-format', command: 'npm', args: ['ci', '--silent'], cwd: '.' },
];

for (const { what, command, args, cwd } of steps) {
  process.stderr.write(`building ${what}\n`);
  try {
    execFileSync(command, args, { cwd: join(folder, cwd), stdio: ['ignore', 'inherit', 'inherit'] });
  } catch (error) {
    const reason = error.code === 'ENOENT' ? `${command} is not installed` : error.message;
    process.stderr.write(`bench/peers/${cwd}: ${reason}\n`);
    process.exit(1);
  }
}
