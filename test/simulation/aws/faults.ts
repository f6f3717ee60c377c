import type { Random } from '../random.ts';
import { type AwsCall, AwsError } from './call.ts';

/** Which calls a fault meets: all that agree with every field that is given. */
export type FaultScope = {
  readonly service?: string;
  readonly operation?: string;
  readonly cluster?: string;
  readonly caller?: string;
  /** What the path is found by, such as `/BUCKET/KEY` of an object. */
  readonly path?: RegExp;
  /** What the body is found by. */
  readonly text?: RegExp;
  /** It meets so many of them and then no more; absent: all. */
  readonly times?: number;
  /** It meets such a share of them, from 0 to 1. */
  readonly rate?: number;
};

export type FaultEffect =
  | { readonly effect: 'throttled' | 'access_denied' | 'expired_token' }
  /** Another conditional write of the object: 409 was under way, 412 came first. */
  | { readonly effect: 'conflict'; readonly status: 409 | 412 }
  | { readonly effect: 'latency'; readonly ms: number }
  /** The call does what it does, and the connection ends without an answer. */
  | { readonly effect: 'lost_response' }
  /** Something else happens before the call is done, or after; it is answered only then. `cut`: it is not done. */
  | {
      readonly effect: 'event';
      readonly when: 'before' | 'after';
      readonly run: (call: AwsCall, status?: number) => unknown;
    };

export type Fault = FaultScope & FaultEffect;

/** The faults in force, in their order, each with the number of calls that it met. */
export type Faults = { readonly list: { readonly fault: Fault; met: number }[]; readonly random: Random };

/** Puts a fault in force; the function that is returned ends it. */
export function addFault(faults: Faults, fault: Fault): () => void {
  const entry = { fault, met: 0 };
  faults.list.push(entry);
  return () => {
    const index = faults.list.indexOf(entry);
    if (index >= 0) faults.list.splice(index, 1);
  };
}

/** The effects of the faults that meet this call. */
export function faultsMeeting(faults: Faults, call: AwsCall): readonly FaultEffect[] {
  return faults.list.flatMap((entry) => {
    const { fault } = entry;
    const fields = ['service', 'operation', 'cluster', 'caller'] as const;
    if (fields.some((field) => fault[field] !== undefined && fault[field] !== call[field])) return [];
    if (fault.path !== undefined && !fault.path.test(call.path)) return [];
    if (fault.text !== undefined && !fault.text.test(call.body.toString())) return [];
    if (entry.met >= (fault.times ?? Number.POSITIVE_INFINITY)) return [];
    if (fault.rate !== undefined && faults.random() >= fault.rate) return [];
    entry.met += 1;
    return [fault];
  });
}

const THROTTLED: Readonly<Record<string, readonly [string, number]>> = {
  ec2: ['RequestLimitExceeded', 503],
  s3: ['SlowDown', 503],
  sqs: ['RequestThrottled', 400],
  sts: ['Throttling', 400],
};
const DENIED: Readonly<Record<string, readonly [string, number]>> = {
  ec2: ['UnauthorizedOperation', 403],
  s3: ['AccessDenied', 403],
  sts: ['AccessDenied', 403],
};
const EXPIRED: Readonly<Record<string, readonly [string, number]>> = {
  ec2: ['RequestExpired', 400],
  s3: ['ExpiredToken', 400],
};

/** The error with which a service answers in place of its work; undefined where the effect is another. */
export function errorOf({ service, operation }: AwsCall, effect: FaultEffect): AwsError | undefined {
  switch (effect.effect) {
    case 'throttled': {
      const [code, status] = THROTTLED[service] ?? ['ThrottlingException', 400];
      return new AwsError(code, 'Rate exceeded', status);
    }
    case 'access_denied': {
      const [code, status] = DENIED[service] ?? ['AccessDeniedException', 400];
      return new AwsError(code, `User is not authorized to perform: ${service}:${operation}`, status);
    }
    case 'expired_token': {
      const [code, status] = EXPIRED[service] ?? ['ExpiredTokenException', 400];
      return new AwsError(code, 'The security token included in the request is expired', status);
    }
    case 'conflict':
      return effect.status === 409
        ? new AwsError('ConditionalRequestConflict', 'A conflicting conditional operation is under way.', 409)
        : new AwsError('PreconditionFailed', 'At least one of the pre-conditions did not hold.', 412);
    case 'latency':
    case 'lost_response':
    case 'event':
      return undefined;
    default:
      return effect satisfies never;
  }
}
