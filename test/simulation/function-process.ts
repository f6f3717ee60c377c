import { pathToFileURL } from 'node:url';
import type { FunctionAnswer, FunctionRequest } from './function-host.ts';

/**
 * The process of one function: `node simulation-function.js HANDLER ARN TIMEOUT_MS`. Loads a bundle and runs its handler on
 * the events that its parent sends, one after the other. What the handler prints is its own.
 */

type Handler = (event: unknown, context: object) => Promise<unknown>;

const [bundle = '', arn = '', timeoutMs = ''] = process.argv.slice(2);

function tell(answer: FunctionAnswer): void {
  process.send?.(answer);
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

async function invoke(handler: Handler, { id, event }: FunctionRequest): Promise<void> {
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const passedMs = () => performance.now() - startedAt;
  const context = {
    awsRequestId: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    invokedFunctionArn: arn,
    getRemainingTimeInMillis: () => Math.max(0, Number(timeoutMs) - passedMs()),
  };
  const outcome = await handler(event, context).then(
    (result) => ({ result }),
    (error: unknown) => ({ error: String(error) }),
  );
  const wallMs = passedMs();
  const cpuMs = milliseconds(process.cpuUsage(cpuBefore));
  tell({ id, ...outcome, wallMs, cpuMs, rssMb: process.resourceUsage().maxRSS / 1024 });
}

const { handler } = (await import(pathToFileURL(bundle).href)) as { readonly handler: Handler };
process.on('message', (request: FunctionRequest) => void invoke(handler, request));
// The parent has ended.
process.on('disconnect', () => process.exit(0));
tell({
  id: 0,
  wallMs: performance.now(),
  cpuMs: milliseconds(process.cpuUsage()),
  rssMb: process.resourceUsage().maxRSS / 1024,
});
