import type { IncomingHttpHeaders } from 'node:http';

/** A request as the server has understood it. */
export type AwsCall = {
  readonly service: string;
  readonly operation: string;
  /** Who calls: an assumed role's ARN, else the access key. */
  readonly caller: string;
  /** The ECS cluster that it names. */
  readonly cluster: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The parameters: JSON, or the fields of a form. */
  readonly input: Input;
};

export type Input = Readonly<Record<string, unknown>>;

export type AwsAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
};

/** Answers the calls of one service. @throws {AwsError} */
export type AwsService = (call: AwsCall) => AwsAnswer;

/** An error that an AWS service answers with. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** A service of one of the JSON protocols, by its operations. */
export function jsonService(operations: Readonly<Record<string, (input: Input) => object>>): AwsService {
  return ({ operation, input }) => {
    const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
    if (run === undefined) throw new AwsError('UnknownOperationException', `${operation} is not simulated`);
    return { status: 200, body: JSON.stringify(run(input)) };
  };
}

/** The texts of a list in an input. */
export function textsIn(input: Input, name: string): readonly string[] {
  const value = input[name];
  return Array.isArray(value) ? value.map(String) : [];
}

/** One page of a list; the token is the index of the next item. */
export function pageOf<Item>(items: readonly Item[], size: number, token: unknown) {
  const start = Number(token ?? 0);
  const next = start + size < items.length ? String(start + size) : undefined;
  return { page: items.slice(start, start + size), next };
}
