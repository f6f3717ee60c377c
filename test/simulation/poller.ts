import type { QueuedMessage } from './aws/sqs.ts';
import type { FunctionHost, Invocation } from './function-host.ts';
import { type Random, shuffled } from './random.ts';

/** How badly the queue behaves: shares of the messages, from 0 to 1. */
export type Disorder = {
  /** Delivered twice: at once or, as often, after all others. */
  readonly duplicates: number;
  /** Delivered after the messages of the next tick, or between them. */
  readonly delayed: number;
  /** Whether messages come in any order. */
  readonly reordered: boolean;
};

export const ORDERLY: Disorder = { duplicates: 0, delayed: 0, reordered: false };

export type Poller = {
  /** Delivers messages, and those that were held back before, one at a time to each function that is free. */
  readonly deliver: (messages: readonly QueuedMessage[], disorder: Disorder) => Promise<readonly Invocation[]>;
  /** Messages that failed twice. */
  readonly deadLetters: QueuedMessage[];
};

const MAX_RECEIVES = 2;

/** Lambda's poller of an SQS queue with a batch size of 1. Delays are not waited for. */
export function createPoller(functions: readonly FunctionHost[], random: Random): Poller {
  const deadLetters: QueuedMessage[] = [];
  let heldBack: QueuedMessage[] = [];
  const deliver: Poller['deliver'] = async (messages, { duplicates, delayed, reordered }) => {
    const late = messages.filter(() => random() < delayed);
    const inTime = messages.filter((message) => !late.includes(message));
    const all = [...inTime, ...heldBack];
    heldBack = late;
    return deliverAll(repeated(reordered ? shuffled(all, random) : all, duplicates, random));
  };
  const deliverAll = async (messages: readonly QueuedMessage[]) => {
    const invocations: Invocation[] = [];
    const queue = messages.map((message) => ({ message, receives: 1 }));
    const work = async (host: FunctionHost) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { message, receives } = next;
        const invocation = await host.invoke(eventOf(message, receives));
        invocations.push(invocation);
        if (!hasFailed(invocation)) continue;
        if (receives < MAX_RECEIVES) queue.push({ message, receives: receives + 1 });
        else deadLetters.push(message);
      }
    };
    await Promise.all(functions.map(work));
    return invocations;
  };
  return { deliver, deadLetters };
}

/** The messages with some of them again. */
function repeated(messages: readonly QueuedMessage[], share: number, random: Random): readonly QueuedMessage[] {
  const later: QueuedMessage[] = [];
  const delivered = messages.flatMap((message) => {
    if (random() >= share) return [message];
    if (random() < 0.5) return [message, message];
    later.push(message);
    return [message];
  });
  return [...delivered, ...later];
}

function hasFailed({ error, result }: Invocation): boolean {
  const { batchItemFailures = [] } = (result ?? {}) as { readonly batchItemFailures?: readonly unknown[] };
  return error !== undefined || batchItemFailures.length > 0;
}

function eventOf({ id, body }: QueuedMessage, receives: number): object {
  const attributes = { ApproximateReceiveCount: String(receives) };
  return { Records: [{ messageId: id, body, attributes, eventSource: 'aws:sqs' }] };
}
