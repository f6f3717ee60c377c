import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Stop } from './program.ts';

/** What a function made of an event. */
export type Outcome =
  | { readonly kind: 'response'; readonly response: unknown }
  | { readonly kind: 'error'; readonly error: FunctionError };

/** The error document of the Lambda Runtime API. */
export type FunctionError = {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
};

/** The side of the Runtime API that Lambda's own service plays. */
export type RuntimeApi = {
  /** Value of AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Resolves when the runtime first asks for an event, rejects when it reports an error of the initialisation. */
  readonly initialised: Promise<void>;
  /**
   * Hands an event to the runtime. Resolves when the runtime has answered *and* asks for the next event: that is when
   * an invocation is over for Lambda. One at a time.
   */
  readonly invoke: (event: unknown, timeoutMs: number) => Promise<Outcome>;
  readonly stop: Stop;
};

type Invocation = {
  readonly requestId: string;
  readonly event: string;
  readonly deadlineMs: number;
  readonly resolve: (outcome: Outcome) => void;
  outcome?: Outcome;
};

const prefix = '/2018-06-01/runtime';

/**
 * Serves the Lambda Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) on a loopback port.
 * `onIdle` is called when the runtime waits for an event, `onBusy` before it gets one.
 */
export async function startRuntimeApi(onIdle: () => void, onBusy: () => void): Promise<RuntimeApi> {
  let initialise: () => void = () => undefined;
  let refuse: (error: Error) => void = () => undefined;
  const initialised = new Promise<void>((resolve, reject) => {
    initialise = resolve;
    refuse = reject;
  });
  // Without this a stop before the first event could leave a rejection that nobody handles.
  initialised.catch(() => undefined);
  let waiting: ServerResponse | undefined;
  let current: Invocation | undefined;

  const next = (response: ServerResponse) => {
    initialise();
    if (current?.outcome !== undefined) {
      current.resolve(current.outcome);
      current = undefined;
    }
    waiting = response;
    onIdle();
  };
  const settle = (requestId: string, outcome: Outcome): boolean => {
    if (current?.requestId !== requestId) return false;
    current.outcome = outcome;
    return true;
  };
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    if (request.method === 'GET' && path === `${prefix}/invocation/next`) return next(response);
    void readBody(request).then((body) => {
      const [, requestId, kind] = /\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
      if (path === `${prefix}/init/error`) {
        const { errorType, errorMessage } = parseError(body);
        refuse(new Error(`the function did not initialise: ${errorType}: ${errorMessage}`));
        return accept(response, true);
      }
      if (requestId === undefined) return accept(response, false);
      accept(response, settle(requestId, kind === 'error' ? failed(body) : answered(body)));
    });
  });
  const address = await listen(server);

  const invoke = (event: unknown, timeoutMs: number) => {
    const response = waiting;
    if (response === undefined) throw new Error('the runtime is not waiting for an event');
    return new Promise<Outcome>((resolve) => {
      waiting = undefined;
      current = {
        requestId: randomUUID(),
        event: JSON.stringify(event ?? null),
        deadlineMs: Date.now() + timeoutMs,
        resolve,
      };
      onBusy();
      hand(current, response);
    });
  };
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address, initialised, invoke, stop };
}

function hand(invocation: Invocation, response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'lambda-runtime-aws-request-id': invocation.requestId,
    'lambda-runtime-deadline-ms': String(invocation.deadlineMs),
    'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-west-1:123456789012:function:real',
    'lambda-runtime-trace-id': 'Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0',
  });
  response.end(invocation.event);
}

function answered(body: string): Outcome {
  return { kind: 'response', response: body === '' ? undefined : (JSON.parse(body) as unknown) };
}

function failed(body: string): Outcome {
  return { kind: 'error', error: parseError(body) };
}

function parseError(body: string): FunctionError {
  return JSON.parse(body) as FunctionError;
}

function accept(response: ServerResponse, known: boolean): void {
  response.writeHead(known ? 202 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ status: known ? 'OK' : 'InvalidRequestID' }));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function listen(server: ReturnType<typeof createServer>): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(`127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`);
    });
  });
}
