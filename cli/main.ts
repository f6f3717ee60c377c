import { ConfigError, formatProblem, messageOf, printable } from '../lib/document/problem.ts';
import { demo } from './demo.ts';
import { discover } from './discover.ts';
import { render } from './render.ts';
import { rules } from './rules.ts';
import { scrape } from './scrape.ts';
import { template } from './template.ts';
import { type Command, UsageError } from './usage.ts';

const COMMANDS: readonly Command[] = [render, discover, scrape, rules, template, demo];

const HELP = `prom-emf: Prometheus endpoints of ECS tasks to CloudWatch metrics

Usage: prom-emf COMMAND [ARGUMENTS]

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`).join('\n')}

prom-emf COMMAND --help tells more. Results are on stdout, all else on stderr.
Exit status: 0 done, 1 the work failed, 2 usage or configuration error.
`;

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? process.stderr : process.stdout).write(HELP);
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined)
    throw new UsageError(`unknown command ${JSON.stringify(name)}; prom-emf --help lists the commands`);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(command.help);
    return 0;
  }
  return command.run(args);
}

/** What went wrong, on stderr, as an exit status. */
function report(error: unknown): number {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    return 2;
  }
  process.stderr.write(`prom-emf: ${printable(messageOf(error))}\n`);
  return error instanceof UsageError ? 2 : 1;
}

// A reader that leaves early (such as head) ends the work without a word.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await main(process.argv.slice(2)).catch(report);
