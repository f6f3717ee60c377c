import { type RetryPorts, retried } from './retry.ts';

export type CallOptions = { readonly abortSignal: AbortSignal };

/** Calls CloudWatch Logs, again after a failure of the moment or one that `also` knows. */
export type LogsCall = <T>(call: (options: CallOptions) => Promise<T>, also?: (error: Error) => boolean) => Promise<T>;

const TRANSIENT_NAMES = ['ThrottlingException', 'ServiceUnavailableException', 'OperationAbortedException'];
/** What Node calls a connection that failed. */
const NETWORK_CODES = [
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'],
  ...['EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND'],
];

/** A call of CloudWatch Logs that is tried again as `retried` says, until the deadline (Unix ms). */
export function logsCall(deadline: number, ports: RetryPorts): LogsCall {
  return (call, also = () => false) => {
    const isTransient = (error: Error) => isOfTheMoment(error) || also(error);
    return retried((abortSignal) => call({ abortSignal }), { deadline, isTransient }, ports);
  };
}

function isOfTheMoment(error: Error): boolean {
  const status = httpStatusOf(error) ?? 0;
  const { code = '' } = error as NodeJS.ErrnoException;
  return TRANSIENT_NAMES.includes(error.name) || NETWORK_CODES.includes(code) || status === 429 || status >= 500;
}

/** The status of AWS's answer; undefined when there was none. */
export function httpStatusOf(error: Error): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
